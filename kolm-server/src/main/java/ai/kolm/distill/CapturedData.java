package ai.kolm.distill;

import ai.kolm.capture.CaptureReader;
import ai.kolm.capture.CaptureRecord;
import ai.kolm.distill.DistillException.Reason;
import ai.kolm.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The captures of a namespace as a data set.
 *
 * @param dataset the parts
 * @param records how many there are, those that were dropped included
 * @param profiles of the anonymisers that they went through
 * @param providers who has answered
 * @param traffic requests of each stratum
 */
public record CapturedData(
    Dataset dataset,
    int records,
    Set<String> profiles,
    Set<String> providers,
    Map<String, Long> traffic) {
  /** Copies the sets. */
  public CapturedData {
    profiles = new TreeSet<>(profiles);
    providers = new TreeSet<>(providers);
    traffic = new TreeMap<>(traffic);
  }

  /**
   * The date that templates write for these captures: that of the newest, so that the same captures
   * give the same tokens on any day.
   */
  public static Clock clock(CaptureReader reader) throws IOException {
    long[] newest = {0};
    reader.scan(record -> newest[0] = Math.max(newest[0], record.time()));
    return Clock.fixed(Instant.ofEpochMilli(newest[0]), ZoneOffset.UTC);
  }

  /**
   * Reads all records.
   *
   * @param datasets directory of the earlier data sets of the namespace
   * @param seed decides the parts
   * @param encoders of all bases: an example has to be learnable by each
   * @throws DistillException {@code NO_DATA} if nothing can be learned from
   */
  public static CapturedData read(
      CaptureReader reader, Path datasets, long seed, List<ExampleEncoder> encoders)
      throws IOException, DistillException {
    Function<Example, Optional<String>> check =
        example ->
            encoders.stream().flatMap(encoder -> encoder.refusal(example).stream()).findFirst();
    DatasetBuilder builder = new DatasetBuilder(seed, check, Dataset.earlierHoldout(datasets));
    Set<String> profiles = new TreeSet<>();
    Set<String> providers = new TreeSet<>();
    List<String> ids = new ArrayList<>();
    reader.scan(
        record -> {
          builder.add(record);
          ids.add(record.id());
          providers.add(record.text("provider"));
          profile(record).ifPresent(profiles::add);
        });
    String name = reader.meta().name();
    if (ids.isEmpty()) {
      throw new DistillException(Reason.NO_DATA, "no captures in namespace \"%s\"".formatted(name));
    }
    Dataset dataset = builder.build();
    if (dataset.size() == 0) {
      throw new DistillException(
          Reason.NO_DATA,
          "none of the %,d captures of namespace \"%s\" can be learned from (%s)"
              .formatted(ids.size(), name, drops(dataset)));
    }
    return new CapturedData(dataset, ids.size(), profiles, providers, builder.traffic());
  }

  private static Optional<String> profile(CaptureRecord record) {
    return record.json().members().get("anon") instanceof Json.Obj anon
            && anon.members().get("profile") instanceof Json.Str profile
        ? Optional.of(profile.value())
        : Optional.empty();
  }

  /** What was dropped, for people. */
  public static String drops(Dataset dataset) {
    return dataset.droppedCounts().entrySet().stream()
        .map(entry -> "%s %,d".formatted(entry.getKey(), entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  /**
   * Refuses what is too small to be measured.
   *
   * @param allowSmall whether that is accepted, as long as there is anything to train with
   * @throws DistillException {@code PREREQUISITE} with what is missing
   */
  public void requireEnough(boolean allowSmall) throws DistillException {
    if (dataset.train().isEmpty()) {
      throw new DistillException(
          Reason.PREREQUISITE,
          "too few captures: none of %,d examples falls into the part to train with"
              .formatted(dataset.size()));
    }
    if (!allowSmall && dataset.missing() > 0) {
      throw new DistillException(
          Reason.PREREQUISITE,
          ("too few captures: %,d conversations that differ to train with and %,d to measure with,"
                  + " expected 200 and 60; --allow-small trains all the same, but the result can"
                  + " never become production ready")
              .formatted(dataset.clusters().get(0), dataset.clusters().get(2)));
    }
  }
}
