import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The two rules of the build that look at source text: the format (google-java-format) and the
 * length of a file. Run once per build by the root pom, in the JDK that compiles the project,
 * because the formatter parses with that JDK's own parser.
 *
 * <p>{@code check} reports, {@code format} rewrites. Exit code 0: all well, 1: something was found.
 */
public final class SourceRules {
  /** Lines a main source file may have. */
  private static final int MAX_LINES = 400;

  /** Files that may be longer, because they hold a table or one kernel family. */
  private static final Set<String> LONGER = Set.of();

  public static void main(String[] args) throws IOException {
    boolean rewrite = args.length == 1 && args[0].equals("format");
    int faults = 0;
    for (Path file : sources()) {
      faults += format(file, rewrite) + length(file);
    }
    if (faults > 0) {
      System.err.printf(
          "%d source file(s) break a rule; format with: mvn -N validate -Dformat%n", faults);
      System.exit(1);
    }
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of(""))) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.toString().matches("(.*[/\\\\])?(target|\\.git)[/\\\\].*"))
          .sorted()
          .toList();
    }
  }

  private static int format(Path file, boolean rewrite) throws IOException {
    String source = Files.readString(file);
    try {
      Formatter formatter = new Formatter(JavaFormatterOptions.defaultOptions());
      String imports =
          ImportOrderer.reorderImports(
              RemoveUnusedImports.removeUnusedImports(source), JavaFormatterOptions.Style.GOOGLE);
      String formatted = formatter.formatSource(imports);
      if (formatted.equals(source)) {
        return 0;
      }
      if (rewrite) {
        Files.writeString(file, formatted);
        return 0;
      }
      System.err.println(file + ": not in the project's format");
    } catch (FormatterException e) {
      System.err.println(file + ": " + e.getMessage());
    }
    return 1;
  }

  private static int length(Path file) throws IOException {
    String name = file.toString().replace('\\', '/');
    if (!name.contains("/src/main/")
        || LONGER.contains(name.substring(name.lastIndexOf('/') + 1))) {
      return 0;
    }
    long lines;
    try (Stream<String> stream = Files.lines(file)) {
      lines = stream.count();
    }
    if (lines <= MAX_LINES) {
      return 0;
    }
    System.err.printf("%s: %d lines, more than %d: split it by concept%n", name, lines, MAX_LINES);
    return 1;
  }
}
