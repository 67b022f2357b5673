package ai.kolm.cli.pack;

import ai.kolm.artifact.Adapter;
import ai.kolm.artifact.ContentEntry;
import ai.kolm.artifact.EntryData;
import ai.kolm.artifact.EntryRole;
import ai.kolm.model.ModelConfig;
import ai.kolm.model.ModelLoader;
import ai.kolm.source.LoraAdapter;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A LoRA adapter that is to be packed.
 *
 * @param name what requests call it
 * @param directory where PEFT has saved it
 * @param byDefault whether it is applied where a request names none
 */
public record AdapterSource(String name, Path directory, boolean byDefault) {

  /** What it becomes in an artifact. */
  record Packed(Adapter adapter, List<ContentEntry> entries) {
    Packed {
      entries = List.copyOf(entries);
    }
  }

  /**
   * Reads and checks it.
   *
   * @param config of the model that it must fit
   * @param arena maps its files; closed when the artifact is written
   */
  Packed read(ModelConfig config, Arena arena) throws IOException, ModelFormatException {
    LoraAdapter adapter = LoraAdapter.open(directory, name, arena);
    ModelLoader.check(adapter, config);
    String folder = "adapters/" + name + "/";
    return new Packed(
        new Adapter(
            name,
            Adapter.Target.MODEL,
            folder + LoraAdapter.WEIGHTS_FILE,
            folder + LoraAdapter.CONFIG_FILE,
            adapter.config().rank(),
            byDefault),
        List.of(
            entry(folder, LoraAdapter.CONFIG_FILE, arena),
            entry(folder, LoraAdapter.WEIGHTS_FILE, arena)));
  }

  private ContentEntry entry(String folder, String file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(directory.resolve(file), StandardOpenOption.READ)) {
      EntryData data = EntryData.of(channel.map(MapMode.READ_ONLY, 0, channel.size(), arena));
      return new ContentEntry(folder + file, EntryRole.ADAPTER, data);
    }
  }
}
