package ai.kolm.cli.pull;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The model card of a Hugging Face repository, README.md: what its front matter, the lines between
 * the first two {@code ---}, says about the licence. Only top-level keys with a plain value count.
 */
final class ModelCard {
  private static final int MAX_BYTES = 1 << 20;
  private static final Pattern ENTRY =
      Pattern.compile("(license|license_name)\\s*:\\s*[\"']?([^\"'#]+?)[\"']?\\s*(#.*)?");

  private ModelCard() {}

  /** The licence that the card names; empty if there is no card, or it names none. */
  static Optional<Licence> licence(Path card) throws IOException {
    if (!Files.isRegularFile(card)) {
      return Optional.empty();
    }
    List<String> lines;
    try (InputStream in = Files.newInputStream(card)) {
      lines = new String(in.readNBytes(MAX_BYTES), UTF_8).lines().toList();
    }
    if (lines.isEmpty() || !lines.getFirst().strip().equals("---")) {
      return Optional.empty();
    }
    Map<String, String> entries = new HashMap<>();
    for (String line : lines.subList(1, lines.size())) {
      if (line.strip().equals("---")) {
        break;
      }
      Matcher entry = ENTRY.matcher(line);
      if (entry.matches()) {
        entries.putIfAbsent(entry.group(1), entry.group(2));
      }
    }
    Optional<Licence> named = Licence.named(entries.getOrDefault("license", ""));
    return named.isPresent() ? named : Licence.named(entries.getOrDefault("license_name", ""));
  }
}
