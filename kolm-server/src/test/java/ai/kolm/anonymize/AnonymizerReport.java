package ai.kolm.anonymize;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Recall and precision of the anonymiser on generated notes whose templates, names, towns and
 * formats the training has not seen. Its main method prints the table of docs/anonymizer.md.
 */
final class AnonymizerReport {
  static final long SEED = 4711;
  private static final double Z = 1.96;

  private final Map<EntityClass, int[]> counts = new EnumMap<>(EntityClass.class);
  private final Map<EntityClass, int[]> findings = new EnumMap<>(EntityClass.class);
  private final List<String> missed = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();
  private int found;
  private int right;

  static NoteGenerator testNotes(long seed) throws IOException {
    NoteGenerator.Names names =
        new NoteGenerator.Names(names("given"), names("family"), names("towns"));
    return new NoteGenerator(seed, names, NoteGenerator.templates("test.txt"), true);
  }

  private static List<String> names(String kind) throws IOException {
    return NoteGenerator.templates("test-" + kind + ".txt").stream()
        .filter(line -> !line.startsWith("#"))
        .toList();
  }

  /**
   * Prints the table. With {@code annotate IN OUT}: reads texts as JSON lines, and writes each with
   * what is found in it; with {@code notes N OUT}: writes generated notes in the same form, for
   * scripts/compare_presidio.py.
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 3) {
      AnnotatedTexts.write(arguments);
      return;
    }
    AnonymizerReport report = new AnonymizerReport();
    report.measure(5_000);
    System.out.print(report.table());
    System.out.print(speed());
    report.missed.stream().limit(60).forEach(System.out::println);
    report.wrong.stream().limit(60).forEach(System.out::println);
  }

  /** Counts over so many notes. A value is found if every character of it that counts is. */
  void measure(int notes) throws IOException {
    Anonymizer anonymizer = new Anonymizer();
    NoteGenerator generator = testNotes(SEED);
    for (int i = 0; i < notes; i++) {
      NoteGenerator.Note note = generator.next(8);
      count(note, anonymizer.find(note.text()));
    }
  }

  private void count(NoteGenerator.Note note, List<Span> spans) {
    boolean[] covered = new boolean[note.text().length()];
    boolean[] real = new boolean[covered.length];
    spans.forEach(s -> java.util.Arrays.fill(covered, s.start(), s.end(), true));
    note.truth().forEach(s -> java.util.Arrays.fill(real, s.start(), s.end(), true));
    for (Span span : note.truth()) {
      int[] count = counts.computeIfAbsent(span.type(), _ -> new int[2]);
      count[1]++;
      if (isCovered(note.text(), span, covered)) {
        count[0]++;
      } else {
        missed.add("MISSED " + context(note.text(), span));
      }
    }
    for (Span span : spans) {
      found++;
      boolean hit = false;
      for (int i = span.start(); i < span.end(); i++) {
        hit = hit || real[i];
      }
      right += hit ? 1 : 0;
      int[] own = findings.computeIfAbsent(span.type(), _ -> new int[2]);
      own[0] += hit ? 1 : 0;
      own[1]++;
      if (!hit) {
        wrong.add("WRONG " + context(note.text(), span));
      }
    }
  }

  private static boolean isCovered(String text, Span span, boolean[] covered) {
    for (int i = span.start(); i < span.end(); i++) {
      boolean designation = span.type() == EntityClass.PLACE || span.type() == EntityClass.ADDRESS;
      if (Character.isLetterOrDigit(text.charAt(i)) && !covered[i] && !designation) {
        return false;
      }
      if (designation && !covered[i] && Character.isLetterOrDigit(text.charAt(i))) {
        int start = i;
        while (start > span.start() && Character.isLetter(text.charAt(start - 1))) {
          start--;
        }
        int end = i;
        while (end < span.end() && Character.isLetterOrDigit(text.charAt(end))) {
          end++;
        }
        String word = text.substring(start, end);
        if (!List.of("Hospital", "Center", "Medical", "General", "University", "Clinic", "of", "St")
            .contains(word)) {
          return false;
        }
        i = end;
      }
    }
    return true;
  }

  private static String context(String text, Span span) {
    int from = Math.max(0, span.start() - 30);
    int to = Math.min(text.length(), span.end() + 20);
    return span.type()
        + " <"
        + text.substring(span.start(), span.end())
        + "> in: "
        + text.substring(from, to).replace('\n', '|');
  }

  double recall(EntityClass type) {
    int[] count = counts.getOrDefault(type, new int[2]);
    return count[1] == 0 ? 0 : count[0] / (double) count[1];
  }

  int total(EntityClass type) {
    return counts.getOrDefault(type, new int[2])[1];
  }

  double precision() {
    return right / (double) found;
  }

  /** The lower bound of Wilson's interval of 95 %. */
  static double wilson(int hits, int of) {
    double p = hits / (double) of;
    double z2 = Z * Z / of;
    return (p + z2 / 2 - Z * Math.sqrt(p * (1 - p) / of + z2 / (4 * of))) / (1 + z2);
  }

  /** The upper bound: what is not hit has a lower bound, too. */
  private static double upper(int hits, int of) {
    return 1 - wilson(of - hits, of);
  }

  /** Recall counts four times as much as precision does. */
  private static double f2(double precision, double recall) {
    return 5 * precision * recall / (4 * precision + recall);
  }

  /** Time for a text of some 2,000 tokens, and for 1 MiB of the worst there is. */
  private static String speed() throws IOException {
    Anonymizer anonymizer = new Anonymizer();
    NoteGenerator generator = testNotes(SEED);
    StringBuilder much = new StringBuilder();
    while (much.length() < 4 * 2_000) {
      much.append(generator.next(8).text()).append('\n');
    }
    String text = much.substring(0, 4 * 2_000);
    double[] millis = new double[400];
    for (int i = -200; i < millis.length; i++) {
      long start = System.nanoTime();
      anonymizer.find(text);
      if (i >= 0) {
        millis[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    java.util.Arrays.sort(millis);
    double worst = 0;
    String which = "";
    for (String piece : AnonymizerTest.HOSTILE) {
      String hostile = piece.repeat((1 << 20) / piece.length());
      long start = System.nanoTime();
      anonymizer.find(hostile);
      double seconds = (System.nanoTime() - start) / 1e9;
      which = seconds > worst ? piece : which;
      worst = Math.max(worst, seconds);
    }
    return String.format(
        Locale.ROOT,
        "8,000 characters: p50 %.2f ms, p99 %.2f ms; 1 MiB of a hostile piece: at most %.2f s (%s)%n",
        millis[200],
        millis[396],
        worst,
        which.strip());
  }

  String table() {
    StringBuilder table =
        new StringBuilder("class      entities  recall  bounds          precision  F2\n");
    counts.forEach(
        (type, count) -> {
          int[] own = findings.getOrDefault(type, new int[] {0, 1});
          double p = own[0] / (double) own[1];
          double r = count[0] / (double) count[1];
          table.append(
              String.format(
                  Locale.ROOT,
                  "%-10s %8d  %.4f  %.4f..%.4f  %.4f     %.4f%n",
                  type,
                  count[1],
                  r,
                  wilson(count[0], count[1]),
                  upper(count[0], count[1]),
                  p,
                  f2(p, r)));
        });
    double recall =
        counts.values().stream().mapToInt(c -> c[0]).sum()
            / (double) counts.values().stream().mapToInt(c -> c[1]).sum();
    double p = precision();
    table.append(
        String.format(
            Locale.ROOT,
            "all: recall %.4f, precision %.4f (%d findings), F2 %.4f%n",
            recall,
            p,
            found,
            f2(p, recall)));
    return table.toString();
  }
}
