package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pack.ModelPacker;
import ai.kolm.cli.pull.FoundModel;
import ai.kolm.cli.pull.ModelSources;
import ai.kolm.cli.pull.TemporaryFolder;
import ai.kolm.model.ModelLoader;
import ai.kolm.source.ContentFile;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;

/**
 * A base that is named by its model file, and not yet an artifact: it is packed into the store, as
 * {@code kolm pull} does it. Named again, it is the artifact that was made of it, so that a run
 * that was interrupted finds the same base.
 */
final class BareBase {
  private static final List<String> SOURCES = List.of("hf:", "ollama:");

  private final CommandContext context;
  private final String source;

  BareBase(CommandContext context, String source) {
    this.context = context;
    this.source = source;
  }

  /** Whether a base is named like this: a model file, a directory, or what other programs have. */
  static boolean isOne(CommandContext context, String name) {
    Path path = context.home().expand(name);
    boolean file = name.toLowerCase(Locale.ROOT).endsWith(".gguf") && Files.isRegularFile(path);
    boolean directory = Files.isRegularFile(path.resolve("config.json"));
    return file || directory || SOURCES.stream().anyMatch(name::startsWith);
  }

  /**
   * The artifact of this base.
   *
   * @throws CommandException if it cannot be a base, nothing says its licence, or the store has
   *     another model of its name
   */
  Path artifact() throws IOException, ModelFormatException {
    try (TemporaryFolder folder = TemporaryFolder.in(context.home().temporary())) {
      FoundModel found =
          new ModelSources(context.console(), context.home(), context.settings())
              .find(source, folder);
      PackFlags flags = new PackFlags();
      Path stored = new ArtifactStore(context.home()).file(flags.name(found));
      try (ModelFiles files = ModelFiles.open(found.path())) {
        if (Files.exists(stored)) {
          checkSame(stored, files);
          return stored;
        }
        ModelLoader.checkTrainable(files);
        if (ModelPacker.licence(found, files).isEmpty()) {
          throw new CommandException(
              ExitCode.REFUSED,
              "--bases: %s does not say under which licence it is; kolm pull %s --license ID says it"
                  .formatted(source, source));
        }
      }
      context.console().tell("packing %s as %s".formatted(source, ArtifactStore.name(stored)));
      return new ModelImport(context, flags).intoStore(source).file();
    } catch (ArtifactException e) {
      throw new CommandException(
          ExitCode.REFUSED, "--bases: %s: %s".formatted(source, e.getMessage()), e);
    }
  }

  private void checkSame(Path stored, ModelFiles files) throws IOException, ArtifactException {
    try (Artifact artifact = Artifact.open(stored, ArtifactLimits.DEFAULT)) {
      for (ContentFile file : files.content()) {
        if (!isEntry(artifact, file)) {
          throw new CommandException(
              ExitCode.REFUSED,
              "--bases: the artifact %s was made of another model than %s; kolm pull %s --name NAME makes one"
                  .formatted(ArtifactStore.name(stored), source, source));
        }
      }
    }
  }

  /** Compared byte by byte: no digest of the file is needed for that. */
  private static boolean isEntry(Artifact artifact, ContentFile file) throws IOException {
    if (artifact.find(file.entry()).isEmpty()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      return artifact.entry(file.entry()).mismatch(bytes) < 0;
    }
  }
}
