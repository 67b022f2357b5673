package ai.kolm.cli.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.Suggestions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;

/**
 * Reads {@code config.toml}: the keys of {@link Setting}, in tables or dotted. A key it does not
 * know is refused with its line, so that a typo does not go unnoticed.
 */
final class ConfigFile {
  private static final int MAX_BYTES = 1 << 20;

  private ConfigFile() {}

  /** A value of the file and the line of its key. */
  record Entry(String text, int line) {}

  /**
   * The values of a file by their keys; none if there is no file.
   *
   * @throws SettingException if it is no TOML, or has a key or value that no setting takes
   */
  static Map<String, Entry> read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      return Map.of();
    }
    if (bytes.length > MAX_BYTES) {
      throw new SettingException("%s: more than %,d bytes".formatted(file, MAX_BYTES));
    }
    TomlParseResult toml = Toml.parse(new String(bytes, UTF_8));
    if (toml.hasErrors()) {
      TomlParseError error = toml.errors().getFirst();
      throw new SettingException(
          "%s, line %d: %s".formatted(file, error.position().line(), error.getMessage()));
    }
    Map<String, Entry> entries = new HashMap<>();
    for (List<String> path : toml.keyPathSet(false)) {
      String key = String.join(".", path);
      int line = toml.inputPositionOf(path).line();
      entries.put(key, new Entry(text(file, key, line, toml.get(path)), line));
    }
    return entries;
  }

  private static String text(Path file, String key, int line, @Nullable Object value) {
    List<String> known = Setting.ALL.stream().map(Setting::key).toList();
    if (!known.contains(key)) {
      throw new SettingException(
          "%s, line %d: unknown key %s%s"
              .formatted(file, line, key, Suggestions.didYouMean(key, known)));
    }
    return switch (value) {
      case String text -> text;
      case Long number -> number.toString();
      case Boolean bool -> bool.toString();
      case null, default ->
          throw new SettingException(
              "%s, line %d: %s: expected a text, a whole number or a boolean"
                  .formatted(file, line, key));
    };
  }
}
