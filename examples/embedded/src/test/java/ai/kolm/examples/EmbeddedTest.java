package ai.kolm.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedTest {
  private static final Path ROOT = Path.of(System.getProperty("kolm.root"));
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path folder;

  /** The same seed gives the same answer, whole or streamed. */
  @Test
  void theExampleAnswersTwiceTheSame() throws Exception {
    Path model = ROOT.resolve("kolm-runtime/src/test/resources/golden/tiny-models/chat/chat.gguf");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Embedded.answer(model, "What is an engine?", new PrintStream(out, true, UTF_8));
    String text = out.toString(UTF_8);
    assertTrue(text.length() > 2, "two answers");
    String half = text.substring(0, text.length() / 2);
    assertEquals(half, text.substring(text.length() / 2));
  }

  @Test
  void theSnippetOfTheReadmeCompiles() throws Exception {
    Matcher snippet = SNIPPET.matcher(Files.readString(ROOT.resolve("README.md")));
    assertTrue(snippet.find(), "README.md has a Java snippet");
    String source =
        """
        import ai.kolm.chat.*;
        import ai.kolm.prompt.*;
        import java.nio.file.*;
        class Snippet {
          void run() throws Exception {
            %s
          }
        }
        """
            .formatted(snippet.group(1));
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> faults = new DiagnosticCollector<>();
    List<String> options =
        List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path"));
    boolean compiled = compiler.getTask(null, null, faults, options, null, List.of(file)).call();
    assertTrue(compiled, () -> faults.getDiagnostics().toString());
  }
}
