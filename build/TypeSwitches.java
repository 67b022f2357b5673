import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.attribute.RuntimeVisibleTypeAnnotationsAttribute;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Spells out the switches over types of a class: each becomes a method that asks for one type after
 * the other. As javac writes them, the JVM makes a class for each when it is first run, and keeps
 * none of those in an AOT cache; a start of a server runs some thirty.
 *
 * <p>Switches with other labels (constants of enums, strings) stay as they are.
 */
final class TypeSwitches {
  private static final ClassDesc BOOTSTRAPS = ClassDesc.of("java.lang.runtime.SwitchBootstraps");
  private static final String NAME = "java/lang/runtime/SwitchBootstraps";
  private static final int FLAGS =
      ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;

  private TypeSwitches() {}

  /** Whether a class may have such a switch. */
  static boolean mayBeIn(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1).contains(NAME);
  }

  /** The class with its switches spelled out. */
  static byte[] spelledOut(ClassFile classes, byte[] bytes) {
    ClassModel model = classes.parse(bytes);
    boolean isInterface = model.flags().has(java.lang.reflect.AccessFlag.INTERFACE);
    // By the place in the constant pool: a body may be built more than once.
    Map<Integer, InvokeDynamicInstruction> found = new TreeMap<>();
    CodeTransform calls =
        (builder, element) -> {
          if (element instanceof InvokeDynamicInstruction call && isOverTypes(call)) {
            found.put(call.invokedynamic().index(), call);
            builder.invokestatic(
                model.thisClass().asSymbol(), name(call), call.typeSymbol(), isInterface);
          } else if (!(element instanceof RuntimeVisibleTypeAnnotationsAttribute)) {
            // Those of local variables are copied with their old places, past the end of the body;
            // nobody can ask for them.
            builder.with(element);
          }
        };
    ClassTransform methods =
        ClassTransform.endHandler(
            builder ->
                found
                    .values()
                    .forEach(
                        call ->
                            builder.withMethodBody(
                                name(call), call.typeSymbol(), FLAGS, code -> write(code, call))));
    return classes.transformClass(
        model, ClassTransform.transformingMethodBodies(calls).andThen(methods));
  }

  private static boolean isOverTypes(InvokeDynamicInstruction call) {
    MethodTypeDesc type = call.typeSymbol();
    return call.bootstrapMethod().owner().equals(BOOTSTRAPS)
        && call.bootstrapMethod().methodName().equals("typeSwitch")
        && type.parameterCount() == 2
        && type.parameterType(1).equals(ConstantDescs.CD_int)
        && call.bootstrapArgs().stream().allMatch(ClassDesc.class::isInstance);
  }

  private static String name(InvokeDynamicInstruction call) {
    return "typeSwitch$" + call.invokedynamic().index();
  }

  /** As {@code SwitchBootstraps.typeSwitch} says: the first label from the second argument on. */
  private static void write(CodeBuilder code, InvokeDynamicInstruction call) {
    Label present = code.newLabel();
    code.aload(0).ifnonnull(present).iconst_m1().ireturn().labelBinding(present);
    List<ClassDesc> labels = call.bootstrapArgs().stream().map(ClassDesc.class::cast).toList();
    for (int i = 0; i < labels.size(); i++) {
      Label next = code.newLabel();
      code.iload(1).loadConstant(i).if_icmpgt(next);
      code.aload(0).instanceOf(labels.get(i)).ifeq(next);
      code.loadConstant(i).ireturn().labelBinding(next);
    }
    code.loadConstant(labels.size()).ireturn();
  }
}
