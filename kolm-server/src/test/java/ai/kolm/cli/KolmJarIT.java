package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.reference.ReferenceData;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The self-contained jar as users start it: {@code java -jar}, no flags, a plain JDK. */
class KolmJarIT {
  private static final Path JAR =
      ReferenceData.projectRoot().resolve("kolm-server/target/kolm-server.jar");
  private static final String LINE = "{\"prompt\":\"Once\",\"max_tokens\":4,\"temperature\":0}\n";

  @TempDir private Path home;

  private Process start(String... arguments) throws IOException {
    return start(List.of(), List.of("-jar", JAR.toString()), arguments);
  }

  private Process start(List<String> flags, List<String> main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(main);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("KOLM_HOME", home.toString());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    return builder.start();
  }

  private static KolmRun finish(Process process, String input)
      throws IOException, InterruptedException {
    process.getOutputStream().write(input.getBytes(UTF_8));
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(120, TimeUnit.SECONDS));
    return new KolmRun(process.exitValue(), out, err);
  }

  @Test
  void itIsOneFileWithoutForeignSignatures() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      Attributes attributes = jar.getManifest().getMainAttributes();
      assertEquals("ai.kolm.cli.Main", attributes.getValue(Attributes.Name.MAIN_CLASS));
      assertEquals("ALL-UNNAMED", attributes.getValue("Enable-Native-Access"));
      List<String> names = jar.stream().map(entry -> entry.getName()).toList();
      assertTrue(names.contains("LICENSE"));
      assertEquals(
          List.of(),
          names.stream().filter(n -> n.matches("META-INF/.*\\.(SF|RSA|DSA|EC)")).toList());
      assertEquals(names.size(), names.stream().distinct().count());
    }
  }

  /** Only what is needed of some libraries goes in: what a service names has to be. */
  @Test
  void everyServiceHasItsProviders() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      List<JarEntry> services =
          jar.stream().filter(entry -> entry.getName().startsWith("META-INF/services/")).toList();
      assertFalse(services.isEmpty());
      for (JarEntry service : services) {
        String text = new String(jar.getInputStream(service).readAllBytes(), UTF_8);
        for (String line : text.lines().map(l -> l.replaceFirst("#.*", "").strip()).toList()) {
          String provider = line.replace('.', '/') + ".class";
          assertTrue(line.isEmpty() || jar.getEntry(provider) != null, service + ": " + line);
        }
      }
    }
  }

  /** The JVM keeps no classes of switches over types in its AOT cache. */
  @Test
  void switchesOverTypesAreSpelledOutAndValid() throws IOException {
    int spelledOut = 0;
    try (JarFile jar = new JarFile(JAR.toFile())) {
      ClassFile classes =
          ClassFile.of(
              ClassFile.ClassHierarchyResolverOption.of(
                  ClassHierarchyResolver.ofResourceParsing(KolmJarIT.class.getClassLoader())));
      for (JarEntry entry : jar.stream().filter(JarClasses::isOurs).toList()) {
        ClassModel model = classes.parse(jar.getInputStream(entry).readAllBytes());
        assertEquals(0, JarClasses.switchesOverTypes(model), entry.getName());
        if (model.methods().stream()
            .anyMatch(m -> m.methodName().stringValue().startsWith("typeSwitch$"))) {
          spelledOut++;
          assertEquals(List.of(), classes.verify(model), entry.getName());
        }
      }
    }
    assertTrue(spelledOut > 20, "classes with such switches: " + spelledOut);
  }

  @Test
  void itTellsItsVersionAndRefusesWithExitCodes() throws IOException, InterruptedException {
    KolmRun version = finish(start("--version"), "");
    assertEquals(0, version.exitCode(), version.err());
    assertTrue(version.out().matches("(?s)kolm \\d+\\.\\d+\\.\\d+.*\n"), version.out());
    assertEquals("", version.err());
    assertEquals(64, finish(start("nonsense"), "").exitCode());
    assertEquals(5, finish(start("run", "nothing", "hi"), "").exitCode());
  }

  /** Input, arguments, properties, exit code: all go through the restart. */
  @Test
  void itRestartsInPlaceWithTheVectorApi() throws IOException, InterruptedException {
    List<String> flags = List.of("-Dx=a b", "-Xmx1g");
    List<String> main = List.of("-jar", JAR.toString());
    String model = KolmRun.chatModel().toString();
    Process process = start(flags, main, "generate", model, "--kernels", "vector");
    String arguments = "";
    // The arguments of this very process change when it has been replaced.
    for (int i = 0; i < 200 && !arguments.contains("jdk.incubator.vector"); i++) {
      Thread.sleep(50);
      arguments = String.join("\n", process.info().arguments().orElse(new String[0]));
    }
    assertTrue(arguments.contains("--add-modules=jdk.incubator.vector"), arguments);
    assertTrue(arguments.contains("-Dx=a b\n-Xmx1g\n"), arguments);
    assertEquals(0, process.children().count(), "no child process");
    KolmRun run = finish(process, LINE + "nonsense\n");
    List<String> lines = run.out().lines().toList();
    assertEquals(2, lines.size(), run.out() + run.err());
    assertTrue(lines.getFirst().contains("\"end\":\"length\""), run.out());
    assertEquals(1, run.exitCode());
  }

  @Test
  void scalarKernelsNeedNoRestartAndGiveTheSame() throws IOException, InterruptedException {
    String model = KolmRun.chatModel().toString();
    KolmRun scalar = finish(start("generate", model, "--kernels", "scalar"), LINE);
    KolmRun vector = finish(start("generate", model, "--kernels", "vector"), LINE);
    assertEquals(0, scalar.exitCode(), scalar.err());
    assertEquals(scalar.out(), vector.out());
    assertEquals("", scalar.err());
    assertTrue(vector.err().contains("jdk.incubator.vector"), vector.err());
  }

  /** As on Windows, or where execv fails. */
  @Test
  void aChildProcessDoesTheSame() throws IOException, InterruptedException {
    String tests =
        Path.of(System.getProperty("kolm.test.classes", "target/test-classes")).toString();
    List<String> main =
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            JAR + java.io.File.pathSeparator + tests,
            "ai.kolm.cli.ChildRestart");
    KolmRun run =
        finish(
            start(
                List.of(), main, "generate", KolmRun.chatModel().toString(), "--kernels", "vector"),
            LINE + "x\n");
    assertEquals(1, run.exitCode(), run.err());
    assertTrue(run.out().contains("\"end\":\"length\""), run.out());
  }

  @Test
  void itServesUntilItIsTold() throws IOException, InterruptedException {
    Path classes = home.resolve("classes.log");
    Process process =
        start(
            List.of("-Xlog:class+load:file=" + classes),
            List.of("-jar", JAR.toString()),
            "serve",
            KolmRun.chatModel().toString(),
            "--port",
            "0");
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
      String greeting = out.readLine();
      assertTrue(greeting != null && greeting.contains("chat.gguf"), greeting);
      String base = out.readLine().replace("export OPENAI_BASE_URL=", "");
      assertEquals("export OPENAI_API_KEY=kolm", out.readLine());
      try (InputStream models = URI.create(base + "/models").toURL().openStream()) {
        String body = new String(models.readAllBytes(), UTF_8);
        assertTrue(body.contains("chat.gguf"), body);
      }
      try (InputStream metrics = URI.create(base).resolve("/metrics").toURL().openStream()) {
        String body = new String(metrics.readAllBytes(), UTF_8);
        assertTrue(body.contains("# TYPE kolm_"), body);
      }
      // Who only serves has no client that could call anybody.
      String loaded = Files.readString(classes);
      assertTrue(loaded.contains("ai.kolm.server.KolmServer "), "the log of classes is empty");
      assertFalse(loaded.contains("ai.kolm.upstream."), "a client was loaded");
      assertFalse(loaded.contains("java.net.http.HttpClient "), "a client was loaded");
      String port = String.valueOf(URI.create(base).getPort());
      KolmRun second = finish(start("serve", KolmRun.chatModel().toString(), "--port", port), "");
      assertEquals(3, second.exitCode(), second.err());
      assertTrue(second.err().contains("the port is in use"), second.err());
    }
    process.destroy();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    int expected = System.getProperty("os.name", "").startsWith("Windows") ? 1 : 143;
    assertEquals(expected, process.exitValue());
  }

  /** What the launcher runs once, its output unseen: packing, every type of weights, both modes. */
  @Test
  void itRehearsesAStart() throws IOException, InterruptedException {
    Path artifact = home.resolve("small.kolm");
    KolmRun packed =
        finish(
            start(
                "pack",
                KolmRun.chatModel().toString(),
                "--license",
                "Apache-2.0",
                "--out",
                artifact.toString()),
            "");
    assertEquals(0, packed.exitCode(), packed.err());
    KolmRun verified = finish(start("verify", artifact.toString()), "");
    assertEquals(0, verified.exitCode(), verified.err());
    List<String> serve = new ArrayList<>(List.of("serve", artifact.toString()));
    for (String type : List.of("q4_1", "q8_0", "q4_k_m")) {
      serve.add(
          KolmRun.chatModel()
              .resolveSibling("../quantised/llama-" + type + ".gguf")
              .normalize()
              .toString());
    }
    serve.addAll(List.of("--port", "0", "--threads", "2", "--rehearse"));
    KolmRun rehearsed = finish(start(serve.toArray(String[]::new)), "");
    assertEquals(0, rehearsed.exitCode(), rehearsed.err());
  }

  @Test
  void theFirstServeWithoutNetworkSaysWhatIsMissing() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-jar",
            JAR.toString(),
            "serve",
            "--port",
            "0");
    builder.environment().put("KOLM_HOME", home.toString());
    builder.environment().put("KOLM_OFFLINE", "1");
    KolmRun run = finish(builder.start(), "");
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains("forbids it (environment KOLM_OFFLINE)"), run.err());
    try (Stream<Path> files = Files.walk(home)) {
      assertFalse(files.anyMatch(file -> file.toString().endsWith(".kolm")));
    }
  }
}
