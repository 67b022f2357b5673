package ai.kolm.cli;

import ai.kolm.artifact.EmbeddingOutput;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestBuilder;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pack.AdapterSource;
import ai.kolm.cli.pack.PackOptions;
import ai.kolm.cli.pack.VectorOptions;
import ai.kolm.cli.pull.FoundModel;
import ai.kolm.cli.pull.Licence;
import ai.kolm.source.ModelFiles;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.QuantizationPlan;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The flags of commands that write an artifact. */
final class PackFlags {
  private static final Pattern ADAPTER_NAME = Pattern.compile("[a-z0-9_][a-z0-9_-]{0,63}");

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
      names = "--license-file",
      paramLabel = "FILE",
      description = "Its text, which is packed, too.")
  private @Nullable String licenseFile;

  @Option(
      names = "--quantize",
      paramLabel = "TYPE",
      description = "Store matrices with fewer bits: q8_0, q4_0 or q4_k.")
  private @Nullable String quantize;

  @Option(
      names = "--adapter",
      paramLabel = "NAME=DIRECTORY",
      description = "Add a LoRA adapter as PEFT saves it; the first one is applied by default.")
  private List<String> adapters = List.of();

  @Option(
      names = "--default-adapter",
      paramLabel = "NAME",
      description = "The adapter of requests that name none: one of --adapter, or none.")
  private @Nullable String defaultAdapter;

  @Option(
      names = "--pooling",
      paramLabel = "HOW",
      description = {
        "Of an embedding model: mean (the default), cls or last.",
        "With it a decoder is packed to make vectors; without --chat, only these."
      })
  private @Nullable String pooling;

  @Option(names = "--chat", description = "With --pooling: the model chats and makes vectors.")
  private boolean chat;

  @Option(
      names = "--truncate",
      split = ",",
      paramLabel = "N",
      description = "Of an embedding model: the smaller sizes that it was trained to be cut to.")
  private List<Integer> truncate = List.of();

  @Mixin private final EnclosureFlags enclosures = new EnclosureFlags();

  private VectorOptions vectors() {
    return new VectorOptions(Optional.ofNullable(pooling).map(PackFlags::pooling), truncate, chat);
  }

  private static EmbeddingOutput.Pooling pooling(String how) {
    return Stream.of(EmbeddingOutput.Pooling.values())
        .filter(known -> known.name().equals(how.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.REFUSED,
                    "--pooling: expected mean, cls or last, got \"%s\"".formatted(how)));
  }

  /** The adapters to be packed. */
  List<AdapterSource> adapters() {
    List<AdapterSource> sources = new ArrayList<>();
    for (String text : adapters) {
      int equals = text.indexOf('=');
      if (equals < 1 || !ADAPTER_NAME.matcher(text.substring(0, equals)).matches()) {
        throw new CommandException(
            ExitCode.REFUSED,
            "--adapter: expected NAME=DIRECTORY, NAME of a-z 0-9 _ - up to 64, got \"%s\""
                .formatted(text));
      }
      String called = text.substring(0, equals);
      boolean first = defaultAdapter == null ? sources.isEmpty() : called.equals(defaultAdapter);
      sources.add(new AdapterSource(called, Path.of(text.substring(equals + 1)), first));
    }
    if (defaultAdapter != null
        && !defaultAdapter.equals("none")
        && sources.stream().noneMatch(AdapterSource::byDefault)) {
      throw new CommandException(
          ExitCode.REFUSED, "--default-adapter: there is no --adapter " + defaultAdapter);
    }
    return sources;
  }

  /** What the model is to be called. */
  String name(FoundModel model) {
    return name(model.name());
  }

  /**
   * What the artifact is to be called.
   *
   * @param otherwise where the user does not say
   */
  String name(String otherwise) {
    String called = name == null ? otherwise : ArtifactStore.name(Path.of(name));
    if (!Manifest.isName(called)) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--name: expected lower-case letters, digits and ._- up to 64, got \"%s\""
              .formatted(called));
    }
    return called;
  }

  /** What is to be packed along with the model. */
  EnclosureFlags enclosures() {
    return enclosures;
  }

  /**
   * What the artifact is to be.
   *
   * @param called its name
   * @param draft the model of {@link EnclosureFlags#openDraft}
   */
  PackOptions options(
      String called, Path target, CommandContext context, Optional<ModelFiles> draft)
      throws IOException {
    return new PackOptions(
        target,
        called,
        licence(context, called),
        Optional.ofNullable(quantize).map(PackFlags::plan),
        adapters(),
        vectors(),
        ManifestBuilder.created(context.variable("SOURCE_DATE_EPOCH"), InstantSource.system()),
        enclosures.read(context),
        draft);
  }

  private Optional<Licence> licence(CommandContext context, String model) throws IOException {
    if (licenseFile == null) {
      return Optional.ofNullable(license).map(id -> new Licence(id, Optional.empty()));
    }
    String text;
    try {
      text = Files.readString(context.home().expand(licenseFile));
    } catch (NoSuchFileException e) {
      throw new CommandException(
          ExitCode.NOT_FOUND, "--license-file: there is no " + licenseFile, e);
    } catch (CharacterCodingException e) {
      throw new CommandException(
          ExitCode.REFUSED, "--license-file: %s is no text in UTF-8".formatted(licenseFile), e);
    }
    return Optional.of(
        license == null ? Licence.ofText(text, model) : new Licence(license, Optional.of(text)));
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
