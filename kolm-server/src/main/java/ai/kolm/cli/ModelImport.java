package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.cli.console.Progress;
import ai.kolm.cli.pack.ModelPacker;
import ai.kolm.cli.pack.PackedModel;
import ai.kolm.cli.pull.FoundModel;
import ai.kolm.cli.pull.ModelSources;
import ai.kolm.cli.pull.TemporaryFolder;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Obtains a model from its source and packs it. */
final class ModelImport {
  private final CommandContext context;
  private final PackFlags flags;

  ModelImport(CommandContext context, PackFlags flags) {
    this.context = context;
    this.flags = flags;
  }

  /** Packs the model that {@code source} names into the store. */
  PackedModel intoStore(String source) throws IOException, ModelFormatException, ArtifactException {
    ArtifactStore store = new ArtifactStore(context.home());
    try (ArtifactStore.Lock _ = store.lock()) {
      return into(source, store::file);
    }
  }

  /**
   * Packs the model that {@code source} names.
   *
   * @param target the file for a model of a given name
   */
  PackedModel into(String source, Function<String, Path> target)
      throws IOException, ModelFormatException, ArtifactException {
    try (TemporaryFolder folder = TemporaryFolder.in(context.home().temporary())) {
      FoundModel found =
          new ModelSources(context.console(), context.home(), context.settings())
              .find(source, folder);
      Path file = target.apply(flags.name(found));
      Optional<ModelFiles> draft = flags.enclosures().openDraft(context);
      try {
        return new ModelPacker(context.console(), folder, new UserTrust(context).signingKey())
            .pack(found, flags.options(flags.name(found), file, context, draft));
      } finally {
        draft.ifPresent(ModelFiles::close);
      }
    }
  }

  /** Tells what was written. */
  void report(PackedModel packed) {
    context
        .console()
        .line(
            "%s  %s  %d entries  signed by %s\n%s"
                .formatted(
                    packed.file().getFileName(),
                    Progress.size(packed.bytes()),
                    packed.entries(),
                    packed.keyId(),
                    packed.cid()));
  }
}
