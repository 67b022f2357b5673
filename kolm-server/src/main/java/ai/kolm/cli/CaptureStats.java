package ai.kolm.cli;

import ai.kolm.capture.CaptureRecord;
import ai.kolm.capture.NamespaceMeta;
import ai.kolm.distill.DatasetBuilder;
import ai.kolm.journal.Journal;
import ai.kolm.json.Json;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts the records of a namespace. */
final class CaptureStats {
  private static final int RECOMMENDED = 500;

  private final NamespaceMeta meta;
  private final Map<String, Long> states = new TreeMap<>();
  private final Map<String, Long> models = new TreeMap<>();
  private final Map<String, Long> replaced = new TreeMap<>();
  private final DatasetBuilder examples = new DatasetBuilder(0, _ -> Optional.empty(), Set.of());
  private long records;
  private long blocked;
  private long first = Long.MAX_VALUE;
  private long last;
  private Journal.Scan scan = new Journal.Scan(0, 0, 0);

  CaptureStats(NamespaceMeta meta) {
    this.meta = meta;
  }

  void add(CaptureRecord record) {
    records++;
    examples.add(record);
    first = Math.min(first, record.time());
    last = Math.max(last, record.time());
    states.merge(record.state(), 1L, Long::sum);
    blocked += record.blocked() ? 1 : 0;
    if (record.json().members().get("model") instanceof Json.Arr both
        && both.items().size() == 2
        && both.items().get(1) instanceof Json.Str model) {
      models.merge(model.value(), 1L, Long::sum);
    }
    record
        .replaced()
        .forEach(
            (type, count) -> {
              if (count instanceof Json.Int number) {
                replaced.merge(type, number.value(), Long::sum);
              }
            });
  }

  void total(Journal.Scan newScan) {
    scan = newScan;
  }

  private static String counts(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .map(entry -> "%s %,d".formatted(entry.getKey(), entry.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String day(long millis) {
    return Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC).toLocalDate().toString();
  }

  /** For people. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    String span = records == 0 ? "-" : day(first) + ".." + day(last);
    lines.add(
        String.format(
            Locale.ROOT,
            "%s  %,d records  %s  %.1f MB  %s%s",
            meta.name(),
            records,
            span,
            scan.bytes() / 1e6,
            counts(states),
            meta.encrypted() ? "  encrypted" : ""));
    lines.add(
        "  opted out %,d   lost %,d   blocked %,d   damaged %,d   retention %s%s"
            .formatted(
                meta.optedOut(),
                meta.lost(),
                blocked,
                scan.damaged() + scan.records() - records,
                meta.retentionDays() == 0 ? "forever" : meta.retentionDays() + " days",
                meta.hold() ? "   on hold" : ""));
    if (!models.isEmpty()) {
      lines.add("  model " + counts(models));
    }
    if (!replaced.isEmpty()) {
      lines.add("  replaced " + counts(replaced));
    }
    lines.add(
        "  ready for distill: %,d after exclusions and duplicates (recommended: at least %d)"
            .formatted(examples.examples(), RECOMMENDED));
    return lines;
  }

  /** For programs. */
  Json.Obj json() {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("namespace", new Json.Str(meta.name()));
    json.put("records", new Json.Int(records));
    json.put("bytes", new Json.Int(scan.bytes()));
    json.put("damaged", new Json.Int(scan.damaged() + scan.records() - records));
    json.put("states", numbers(states));
    json.put("models", numbers(models));
    json.put("replaced", numbers(replaced));
    json.put("blocked", new Json.Int(blocked));
    json.put("opted_out", new Json.Int(meta.optedOut()));
    json.put("lost", new Json.Int(meta.lost()));
    json.put("hold", new Json.Bool(meta.hold()));
    json.put("ready_for_distill", new Json.Int(examples.examples()));
    return new Json.Obj(json);
  }

  private static Json numbers(Map<String, Long> counts) {
    Map<String, Json> json = new LinkedHashMap<>();
    counts.forEach((name, count) -> json.put(name, new Json.Int(count)));
    return new Json.Obj(json);
  }
}
