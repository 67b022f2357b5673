package ai.kolm.cli;

import java.lang.classfile.ClassModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.util.jar.JarEntry;

/** Looks into the classes of a jar. */
final class JarClasses {
  private static final ClassDesc SWITCHES = ClassDesc.of("java.lang.runtime.SwitchBootstraps");

  private JarClasses() {}

  static boolean isOurs(JarEntry entry) {
    return entry.getName().matches("ai/kolm/.*\\.class");
  }

  /** The switches of a class all of whose labels are types, which the JVM makes classes for. */
  static long switchesOverTypes(ClassModel model) {
    return model.methods().stream()
        .flatMap(method -> method.code().stream())
        .flatMap(code -> code.elementStream())
        .filter(InvokeDynamicInstruction.class::isInstance)
        .map(InvokeDynamicInstruction.class::cast)
        .filter(call -> call.bootstrapMethod().owner().equals(SWITCHES))
        .filter(call -> call.bootstrapMethod().methodName().equals("typeSwitch"))
        .filter(call -> call.bootstrapArgs().stream().allMatch(ClassDesc.class::isInstance))
        .count();
  }
}
