package ai.kolm.cli;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleFinder;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Restarts this process with the Vector API. {@code java -jar} resolves no incubator module, and no
 * attribute of a jar's manifest can ask for one, so the same command line is run again with {@code
 * --add-modules}.
 *
 * <p>On POSIX systems it is run in place, by {@code execv}: the process keeps its number, parent,
 * standard streams and working directory, so signals and the exit code go where they went before.
 * Elsewhere, or if {@code execv} fails, a child process with the same streams is run and waited
 * for.
 *
 * <p>A system property marks the second start, so that there is never a third.
 */
final class Restart {
  private static final String MODULE = "jdk.incubator.vector";
  private static final String MARK = "kolm.restarted";

  /** The Vector API is slow until it is compiled. */
  private static final String SOON = "-XX:CompileThresholdScaling=1";

  private static final String ADD_MODULES = "--add-modules=" + MODULE;

  private final List<String> arguments;
  private final boolean inPlace;

  /**
   * @param arguments those of {@code main}
   * @param inPlace whether to try {@code execv}
   */
  Restart(List<String> arguments, boolean inPlace) {
    this.arguments = List.copyOf(arguments);
    this.inPlace = inPlace;
  }

  /** As this system can: in place, but not on Windows. */
  static Restart of(List<String> arguments) {
    return new Restart(arguments, !System.getProperty("os.name", "").startsWith("Windows"));
  }

  /**
   * Makes sure that the Vector API is there, if this JDK has it: returns if so, or if there is
   * nothing to be done.
   *
   * @throws RestartedException if a child process has done the work
   */
  void withVectorApi() throws IOException {
    boolean resolved = ModuleLayer.boot().findModule(MODULE).isPresent();
    boolean installed = ModuleFinder.ofSystem().find(MODULE).isPresent();
    if (resolved || !installed || System.getProperty(MARK) != null) {
      return;
    }
    List<String> command = command();
    if (inPlace) {
      exec(command);
    }
    throw new RestartedException(child(command));
  }

  /** This process's command line with the module added. */
  private List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add(ADD_MODULES);
    command.add(SOON); // after what the launcher asks for: the last one counts
    command.add("-D" + MARK + "=true");
    String classPath = System.getProperty("java.class.path", "");
    if (isSelfContainedJar(classPath)) {
      command.add("-jar");
      command.add(classPath);
    } else {
      command.add("-cp");
      command.add(classPath);
      command.add(Main.class.getName());
    }
    command.addAll(arguments);
    return command;
  }

  /** With {@code -jar}, and only then, the manifest grants native access. */
  private static boolean isSelfContainedJar(String classPath) {
    return System.getProperty("sun.java.command", "").startsWith(classPath)
        && classPath.endsWith(".jar");
  }

  /** Returns only if the system refuses. */
  private static void exec(List<String> command) {
    Linker linker = Linker.nativeLinker();
    MemorySegment function = linker.defaultLookup().find("execv").orElse(null);
    if (function == null) {
      return;
    }
    MethodHandle execv =
        linker.downcallHandle(
            function,
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    // As the JVM decoded the arguments, so they are encoded again.
    Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment argv = arena.allocate(ValueLayout.ADDRESS, command.size() + 1L);
      for (int i = 0; i < command.size(); i++) {
        argv.setAtIndex(ValueLayout.ADDRESS, i, text(arena, command.get(i), charset));
      }
      argv.setAtIndex(ValueLayout.ADDRESS, command.size(), MemorySegment.NULL);
      int _ = (int) execv.invokeExact(argv.getAtIndex(ValueLayout.ADDRESS, 0), argv);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("execv", e);
    }
  }

  private static MemorySegment text(Arena arena, String text, Charset charset) {
    byte[] bytes = text.getBytes(charset);
    MemorySegment segment = arena.allocate(bytes.length + 1L);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }

  /** Runs the command as a child and waits; what ends this process ends the child. */
  private static int child(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "kolm-end-child"));
    while (true) {
      try {
        return process.waitFor();
      } catch (InterruptedException e) {
        process.destroy();
      }
    }
  }
}
