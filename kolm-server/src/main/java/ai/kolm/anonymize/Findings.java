package ai.kolm.anonymize;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** What detectors have found in one text, until it is decided which findings hold. */
final class Findings {
  private static final Comparator<Span> BEST_FIRST =
      Comparator.comparingInt((Span span) -> -span.length()).thenComparing(Span::type);

  private final Tokens tokens;
  private final List<Span> spans = new ArrayList<>();

  Findings(Tokens tokens) {
    this.tokens = tokens;
  }

  /** Adds the text of tokens {@code first} to {@code last}, both included. */
  void add(int first, int last, EntityClass type) {
    addView(tokens.start(first), tokens.end(last), type);
  }

  /** Adds a piece of the view. */
  void addView(int start, int end, EntityClass type) {
    spans.add(new Span(tokens.view().origin(start), tokens.view().originEnd(end), type));
  }

  /** The findings that hold, in the order of the text: the longest wins, then the rank. */
  List<Span> resolve() {
    List<Span> best = new ArrayList<>(spans);
    best.sort(BEST_FIRST);
    boolean[] taken = new boolean[tokens.view().original().length()];
    List<Span> kept = new ArrayList<>();
    for (Span span : best) {
      if (!taken[span.start()] && !taken[span.end() - 1]) {
        java.util.Arrays.fill(taken, span.start(), span.end(), true);
        kept.add(span);
      }
    }
    kept.sort(Comparator.comparingInt(Span::start));
    return kept;
  }
}
