import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Gives the classes of a self-contained jar the form that the JVM keeps in an AOT cache (JEP 483).
 *
 * <p>Old classes get that of Java 8: the same code, with the stack maps that class files have had
 * since Java 6. The JVM checks classes without stack maps by an older method, and keeps none of
 * them; picocli, whose releases still run on Java 5, then costs every start a third of a second.
 * Switches over types are spelled out: see {@link TypeSwitches}.
 *
 * <p>Argument: the jar, which is replaced; entries keep their order and their times. Those of
 * directories are left out: nobody asks for them, and the JVM would read them at every start.
 */
public final class ModernClasses {
  private static final int MODERN = ClassFile.JAVA_8_VERSION;
  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;

  public static void main(String[] args) throws IOException {
    Path jar = Path.of(args[0]);
    Path stage = jar.resolveSibling(jar.getFileName() + ".making");
    int changed = 0;
    int switching = 0;
    try (ZipFile in = new ZipFile(jar.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(stage))) {
      ClassFile classes =
          ClassFile.of(
              ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
              ClassFile.ClassHierarchyResolverOption.of(hierarchy(in)));
      for (Enumeration<? extends ZipEntry> all = in.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        if (entry.isDirectory()) {
          continue;
        }
        byte[] bytes = in.getInputStream(entry).readAllBytes();
        if (entry.getName().endsWith(".class") && version(bytes) < FIRST_WITH_STACK_MAPS) {
          bytes = modern(classes, bytes);
          changed++;
        }
        if (entry.getName().endsWith(".class") && TypeSwitches.mayBeIn(bytes)) {
          bytes = TypeSwitches.spelledOut(classes, bytes);
          switching++;
        }
        ZipEntry copy = new ZipEntry(entry.getName());
        copy.setTime(entry.getTime());
        out.putNextEntry(copy);
        out.write(bytes);
        out.closeEntry();
      }
    }
    Files.move(stage, jar, StandardCopyOption.REPLACE_EXISTING);
    System.out.printf(
        "%s: %d old classes have stack maps now, the type switches of %d are spelled out%n",
        jar.getFileName(), changed, switching);
  }

  private static int version(byte[] bytes) {
    return (bytes[6] & 0xFF) << 8 | bytes[7] & 0xFF;
  }

  private static byte[] modern(ClassFile classes, byte[] bytes) {
    ClassModel model = classes.parse(bytes);
    ClassTransform version =
        (builder, element) ->
            builder.with(
                element instanceof ClassFileVersion ? ClassFileVersion.of(MODERN, 0) : element);
    // Bodies that nobody looks into would be copied as they are, without stack maps.
    CodeTransform body = (builder, element) -> builder.with(element);
    return classes.transformClass(
        model, version.andThen(ClassTransform.transformingMethodBodies(body)));
  }

  /**
   * Where two branches meet, a stack map names their common class: found in the jar, or the JDK.
   */
  private static ClassHierarchyResolver hierarchy(ZipFile jar) {
    return ClassHierarchyResolver.ofResourceParsing(
            type -> {
              String descriptor = type.descriptorString();
              String name = descriptor.substring(1, descriptor.length() - 1) + ".class";
              ZipEntry entry = jar.getEntry(name);
              try {
                return entry == null ? null : jar.getInputStream(entry);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .orElse(ClassHierarchyResolver.defaultResolver())
        .cached();
  }
}
