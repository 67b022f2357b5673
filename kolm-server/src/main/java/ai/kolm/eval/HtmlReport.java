package ai.kolm.eval;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The report as one page: inline SVG, no script, nothing fetched. */
public final class HtmlReport {
  private static final int WIDTH = 640;
  private static final String STYLE =
      """
      body{font:15px/1.5 system-ui,sans-serif;max-width:720px;margin:2em auto;padding:0 1em;color:#222}
      table{border-collapse:collapse;width:100%}td,th{padding:.3em .6em;border-bottom:1px solid #ddd;text-align:right}
      td:first-child,th:first-child,.text td{text-align:left}.ok{color:#1a7f37}.bad{color:#b3261e}
      svg{width:100%;height:auto}h2{margin-top:1.6em}pre{white-space:pre-wrap;background:#f6f6f6;padding:.6em}
      """;

  private final Evaluation e;
  private final String title;
  private final StringBuilder html = new StringBuilder();

  private HtmlReport(Evaluation e, String title) {
    this.e = e;
    this.title = title;
  }

  /** The page. */
  public static String of(Evaluation e, String title) {
    return new HtmlReport(e, title).page();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private String page() {
    Evaluation.Numbers n = e.numbers();
    html.append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>");
    html.append(escape(title)).append("</title><style>").append(STYLE).append("</style><h1>");
    html.append(escape(title)).append("</h1>");
    boolean passed = n.verdict() == Gate.Verdict.PASSED;
    html.append(
        String.format(
            Locale.ROOT, "<p><b class=\"%s\">%s</b>, ", passed ? "ok" : "bad", n.verdict()));
    html.append(
        String.format(
            Locale.ROOT,
            "%d cases in %d clusters, %s scored by %s%s.</p>",
            e.cases().cases().size(),
            e.cases().clusters(),
            e.type().name(),
            e.type().scorer().id(),
            e.type().weak() ? " (weak)" : ""));
    if (e.refersToBaseline()) {
      html.append(
          "<p>Reference = the baseline's earlier answers, for cases of source capture.</p>");
    }
    table();
    if (e.baseline().isPresent()) {
      rules();
      terms();
      bound();
      differences(e.baseline().get());
    }
    tags();
    latencies();
    regressions();
    return html.append("</html>\n").toString();
  }

  private void table() {
    Evaluation.Numbers n = e.numbers();
    html.append("<table><tr><th><th>accuracy<th>bound<th>p50<th>p95<th>USD / 1,000<th>K</tr>");
    row("local", e.local(), n.localAccuracy(), n.localBound(), n.localScore());
    e.baseline()
        .ifPresent(
            side ->
                row(side.name(), side, n.baselineAccuracy(), n.baselineBound(), n.baselineScore()));
    html.append("</table>");
  }

  private void row(String name, Side side, double a, double bound, KScore k) {
    html.append(
        String.format(
            Locale.ROOT,
            "<tr><td>%s<td>%.3f<td>%.3f<td>%.0f ms<td>%.0f ms<td>%.4f<td>%.4f</tr>",
            escape(name),
            a,
            bound,
            side.percentile(0.5),
            side.percentile(0.95),
            side.usdPer1000(),
            k.k()));
  }

  private void rules() {
    html.append("<h2>Gate</h2><table class=\"text\">");
    for (Gate.Rule rule : e.numbers().rules()) {
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%s<td class=\"%s\">%s<td>%s</tr>",
              rule.id(),
              rule.holds() ? "ok" : "bad",
              rule.holds() ? "holds" : "fails",
              escape(rule.detail())));
    }
    html.append("</table>");
  }

  private void svg(int height) {
    html.append(
        String.format(Locale.ROOT, "<svg viewBox=\"0 0 %d %d\" font-size=\"12\">", WIDTH, height));
  }

  private void bar(double x, double y, double width, double height, String colour) {
    html.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
            x,
            y,
            Math.max(0.5, width),
            height,
            colour));
  }

  private void label(double x, double y, String text) {
    html.append(
        String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\">%s</text>", x, y, escape(text)));
  }

  private void terms() {
    html.append("<h2>Terms of the K-score</h2>");
    svg(150);
    KScore a = e.numbers().localScore();
    KScore b = e.numbers().baselineScore();
    double[][] terms = {
      {a.a(), b.a()}, {a.s(), b.s()}, {a.l(), b.l()}, {a.c(), b.c()}, {a.v(), b.v()}
    };
    List<String> names = List.of("accuracy", "size", "latency", "cost", "coverage");
    for (int i = 0; i < terms.length; i++) {
      double y = 10 + 28.0 * i;
      label(0, y + 14, names.get(i));
      bar(80, y, 480 * terms[i][0], 9, "#1f6feb");
      bar(80, y + 11, 480 * terms[i][1], 9, "#999");
      label(570, y + 14, String.format(Locale.ROOT, "%.2f / %.2f", terms[i][0], terms[i][1]));
    }
    html.append("</svg><p>Blue: local. Grey: baseline.</p>");
  }

  private void bound() {
    Evaluation.Numbers n = e.numbers();
    html.append("<h2>Difference and its bound</h2>");
    svg(60);
    double widest = Math.max(Math.abs(n.differenceBound()), Math.abs(n.difference()));
    double scale = 290 / Math.max(Math.max(1e-3, 2 * e.margin()), widest * 1.1);
    double zero = WIDTH / 2.0;
    bar(zero, 16, 1, 30, "#222");
    label(zero - 3, 12, "0");
    double margin = zero - scale * e.margin();
    bar(margin, 16, 1.5, 30, "#b3261e");
    label(margin - 30, 12, String.format(Locale.ROOT, "margin %.3f", -e.margin()));
    double from = zero + scale * n.differenceBound();
    bar(from, 27, scale * (n.difference() - n.differenceBound()), 8, "#1f6feb");
    html.append("</svg>");
    html.append(
        String.format(
            Locale.ROOT,
            "<p>Difference %+.4f, lower bound %+.4f; the blue line has to stay right of the red"
                + " one. %d cases differ (%d worse, %d better).</p>",
            n.difference(),
            n.differenceBound(),
            n.worse() + n.better(),
            n.worse(),
            n.better()));
  }

  private void differences(Side baseline) {
    if (e.numbers().worse() + e.numbers().better() == 0) {
      return; // an empty chart says no more than the line above
    }
    html.append("<h2>Difference of each case, sorted</h2>");
    int count = e.local().scores().length;
    double[] sorted = new double[count];
    for (int i = 0; i < count; i++) {
      sorted[i] = e.local().scores()[i] - baseline.scores()[i];
    }
    Arrays.sort(sorted);
    svg(120);
    double step = WIDTH / (double) count;
    bar(0, 60, WIDTH, 0.5, "#222");
    for (int i = 0; i < count; i++) {
      double height = 55 * Math.abs(sorted[i]);
      if (height > 0) {
        boolean worse = sorted[i] < 0;
        bar(i * step, worse ? 60 : 60 - height, step * 0.9, height, worse ? "#b3261e" : "#1a7f37");
      }
    }
    html.append("</svg><p>Red: the local answer scores less. Green: more.</p>");
  }

  /** Accuracy of the cases of each tag, with its bounds; most cases first. */
  private void tags() {
    List<TagScore> scores = TagScore.of(e);
    if (scores.isEmpty()) {
      return;
    }
    html.append("<h2>Accuracy by tag</h2>");
    svg(10 + 24 * scores.size());
    int row = 0;
    for (TagScore tag : scores) {
      double y = 6 + 24.0 * row++;
      label(0, y + 12, "%s (%d)".formatted(tag.tag(), tag.cases()));
      double scale = 340;
      bar(180, y + 7, scale, 0.5, "#999");
      bar(180 + scale * tag.low(), y + 4, scale * (tag.high() - tag.low()), 7, "#9cc3f7");
      bar(180 + scale * tag.accuracy() - 1, y + 1, 2, 13, "#1f6feb");
      label(
          530,
          y + 12,
          String.format(Locale.ROOT, "%.2f [%.2f, %.2f]", tag.accuracy(), tag.low(), tag.high()));
    }
    html.append("</svg><p>Lines: local accuracy; bars: 95 % intervals.</p>");
  }

  private void latencies() {
    html.append("<h2>Time to the whole answer</h2>");
    svg(96);
    double most = e.local().percentile(1);
    Optional<Side> other = e.baseline();
    most = Math.max(1, Math.max(most, other.map(side -> side.percentile(1)).orElse(0.0)));
    histogram(e.local(), 10, most, "#1f6feb");
    double scale = most;
    other.ifPresent(side -> histogram(side, 50, scale, "#999"));
    label(0, 92, "0");
    label(WIDTH - 110, 20, "local");
    label(WIDTH - 110, 62, e.baseline().map(Side::name).orElse(""));
    label(WIDTH - 60, 92, String.format(Locale.ROOT, "%.0f ms", most));
    html.append("</svg>");
  }

  private void histogram(Side side, double y, double most, String colour) {
    int[] bins = new int[64];
    for (Answer answer : side.answers()) {
      bins[Math.min(63, (int) (64 * answer.millis() / most))]++;
    }
    int highest = 1;
    for (int bin : bins) {
      highest = Math.max(highest, bin);
    }
    for (int i = 0; i < bins.length; i++) {
      double height = 30.0 * bins[i] / highest;
      if (height > 0) {
        bar(i * 10, y + 30 - height, 9, height, colour);
      }
    }
  }

  private void regressions() {
    if (e.baseline().isEmpty()) {
      return;
    }
    Side baseline = e.baseline().get();
    html.append("<h2>Where the local answer scores less</h2>");
    int shown = 0;
    for (int i = 0; i < e.local().scores().length && shown < 20; i++) {
      if (e.local().scores()[i] < baseline.scores()[i]) {
        shown++;
        html.append(
            String.format(
                Locale.ROOT, "<h3>%s</h3><pre>local    ", escape(e.cases().cases().get(i).id())));
        html.append(escape(cut(e.local().answers().get(i)))).append("\nbaseline ");
        html.append(escape(cut(baseline.answers().get(i)))).append("</pre>");
      }
    }
    if (shown == 0) {
      html.append("<p>Nowhere.</p>");
    }
  }

  private static String cut(Answer answer) {
    String text = answer.error().isEmpty() ? answer.content() : "(" + answer.error() + ")";
    return text.length() > 400 ? text.substring(0, 400) + "..." : text;
  }
}
