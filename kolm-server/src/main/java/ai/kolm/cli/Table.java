package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import java.util.List;

/** Rows for people, in columns as wide as they have to be. */
final class Table {
  private Table() {}

  /** Prints {@code head} and {@code rows}; each has one text per column. */
  static void print(Console console, List<String> head, List<String[]> rows) {
    int[] width = new int[head.size()];
    for (int i = 0; i < width.length; i++) {
      int column = i;
      int widest = rows.stream().mapToInt(row -> row[column].length()).max().orElse(0);
      width[i] = Math.max(widest, head.get(i).length());
    }
    console.line(console.bold(line(head.toArray(String[]::new), width)));
    rows.forEach(row -> console.line(line(row, width)));
  }

  private static String line(String[] row, int[] width) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.length; i++) {
      line.append(row[i]).append(" ".repeat(width[i] - row[i].length() + 2));
    }
    return line.toString().stripTrailing();
  }
}
