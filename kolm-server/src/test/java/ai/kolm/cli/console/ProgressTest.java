package ai.kolm.cli.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final long SECOND = 1_000_000_000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long now = 5 * SECOND;

  private Progress progress(boolean terminal) {
    PrintStream out = new PrintStream(bytes, true, UTF_8);
    return new Progress(out, terminal, "downloading", 100_000_000, Progress::size, () -> now);
  }

  @Test
  void aTerminalGetsOneLineWithRateAndTimeLeft() {
    try (Progress progress = progress(true)) {
      now += 2 * SECOND;
      progress.at(20_000_000);
    }
    String text = bytes.toString(UTF_8);
    assertTrue(text.contains(" 20 %  20.0 MB of 100 MB  10.0 MB/s  8 s left"), text);
    assertTrue(text.startsWith("\r") && text.endsWith("\n"), text);
    assertEquals(text.length() - 1, text.indexOf('\n'), "one line, written over");
  }

  @Test
  void nothingIsEstimatedFromTheFirstBytes() {
    try (Progress progress = progress(true)) {
      now += SECOND;
      progress.at(768);
      assertTrue(bytes.toString(UTF_8).contains("768 B of 100 MB"), bytes.toString(UTF_8));
      assertFalse(bytes.toString(UTF_8).contains("left"), bytes.toString(UTF_8));
    }
  }

  @Test
  void elsewhereThereIsALineForEveryTenthThatTakesASecond() {
    try (Progress progress = progress(false)) {
      for (int percent = 1; percent <= 100; percent++) {
        now += SECOND / 5;
        progress.at(percent * 1_000_000L);
      }
    }
    List<String> lines = bytes.toString(UTF_8).lines().toList();
    assertEquals(10, lines.size(), lines.toString());
    assertEquals("downloading: 10 % of 100 MB", lines.getFirst());
    assertEquals("downloading: 100 % of 100 MB", lines.getLast());
  }

  @Test
  void quickStepsLeaveNoLines() {
    try (Progress progress = progress(false)) {
      progress.at(50_000_000);
      progress.at(100_000_000);
    }
    assertEquals("", bytes.toString(UTF_8));
  }

  @Test
  void sizesHaveThreeDigitsAndAUnit() {
    assertEquals("999 B", Progress.size(999));
    assertEquals("1.00 kB", Progress.size(1000));
    assertEquals("98.4 MB", Progress.size(98_374_939));
    assertEquals("1.00 GB", Progress.size(999_999_999));
    assertEquals("9.22 EB", Progress.size(Long.MAX_VALUE));
  }

  @Test
  void suggestionsAreNear() {
    List<String> known = List.of("serve", "score", "smollm2-135m-instruct");
    assertEquals("; did you mean \"serve\"?", Suggestions.didYouMean("serv", known));
    assertEquals("; did you mean \"serve\"?", Suggestions.didYouMean("Serce", known));
    assertEquals(
        "; did you mean \"smollm2-135m-instruct\"?", Suggestions.didYouMean("smollm2", known));
    assertEquals("", Suggestions.didYouMean("perplexity", known));
  }
}
