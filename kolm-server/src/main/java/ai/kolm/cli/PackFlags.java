package ai.kolm.cli;

import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestBuilder;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pack.PackOptions;
import ai.kolm.cli.pull.FoundModel;
import ai.kolm.cli.pull.Licence;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.QuantizationPlan;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of commands that write an artifact. */
final class PackFlags {
  @Option(
      names = {"--name", "--as"},
      paramLabel = "NAME",
      description = "What to call the model; default: after its source.")
  private @Nullable String name;

  @Option(
      names = "--license",
      paramLabel = "ID",
      description = "Its licence, an SPDX id or LicenseRef-NAME; default: what the source says.")
  private @Nullable String license;

  @Option(
      names = "--quantize",
      paramLabel = "TYPE",
      description = "Store matrices with fewer bits: q8_0, q4_0 or q4_k.")
  private @Nullable String quantize;

  /** What the model is to be called. */
  String name(FoundModel model) {
    String called = name == null ? model.name() : ArtifactStore.name(Path.of(name));
    if (!Manifest.isName(called)) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--name: expected lower-case letters, digits and ._- up to 64, got \"%s\""
              .formatted(called));
    }
    return called;
  }

  /**
   * What the artifact is to be.
   *
   * @param sourceDateEpoch SOURCE_DATE_EPOCH, if it is set
   */
  PackOptions options(FoundModel model, Path target, @Nullable String sourceDateEpoch) {
    return new PackOptions(
        target,
        name(model),
        Optional.ofNullable(license).map(id -> new Licence(id, Optional.empty())),
        Optional.ofNullable(quantize).map(PackFlags::plan),
        ManifestBuilder.created(sourceDateEpoch, InstantSource.system()));
  }

  private static QuantizationPlan plan(String type) {
    String wanted = type.toUpperCase(Locale.ROOT);
    return Stream.of(TensorType.values())
        .filter(known -> known.name().equals(wanted))
        .findFirst()
        .map(QuantizationPlan::new)
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.REFUSED,
                    "--quantize: expected q8_0, q4_0 or q4_k, got \"%s\"".formatted(type)));
  }
}
