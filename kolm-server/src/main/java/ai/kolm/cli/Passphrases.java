package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.capture.CaptureException;
import ai.kolm.capture.Passphrase;
import ai.kolm.cli.console.HiddenPrompt;
import ai.kolm.cli.settings.Setting;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Reads the passphrases of encrypted captures: all from the file that a setting names, else each
 * once from whoever sits at the terminal.
 */
final class Passphrases implements Passphrase {
  private static final int MIN_LENGTH = 8;

  private final CommandContext context;
  private final Map<String, char[]> known = new HashMap<>();

  Passphrases(CommandContext context) {
    this.context = context;
  }

  @Override
  public synchronized char[] of(String namespace, boolean fresh)
      throws IOException, CaptureException {
    char[] said = known.get(namespace);
    if (said == null) {
      String file = context.settings().get(Setting.PASSPHRASE_FILE);
      said = file.isEmpty() ? asked(namespace, fresh) : read(context.home().expand(file));
      known.put(namespace, said);
    }
    if (fresh && said.length < MIN_LENGTH) {
      throw refusal("a passphrase has at least %d characters".formatted(MIN_LENGTH));
    }
    return said;
  }

  private static char[] read(Path file) throws IOException, CaptureException {
    CharBuffer text;
    try {
      text = UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file)));
    } catch (CharacterCodingException e) {
      throw refusal("the passphrase in %s is not UTF-8".formatted(file));
    }
    int length = text.length();
    while (length > 0 && (text.charAt(length - 1) == '\n' || text.charAt(length - 1) == '\r')) {
      length--;
    }
    return Arrays.copyOf(text.array(), length);
  }

  private char[] asked(String namespace, boolean fresh) throws IOException, CaptureException {
    if (!context.console().terminals().in()) {
      throw nobody(namespace);
    }
    char[] said = ask(namespace, "passphrase of namespace " + namespace);
    if (fresh && !Arrays.equals(said, ask(namespace, "once more"))) {
      throw refusal("the two passphrases differ");
    }
    return said;
  }

  private static char[] ask(String namespace, String what) throws IOException, CaptureException {
    try {
      return HiddenPrompt.ask(what).orElseThrow(() -> nobody(namespace));
    } catch (CharacterCodingException e) {
      throw refusal("the passphrase that was typed is not UTF-8");
    }
  }

  private static CaptureException nobody(String namespace) {
    return refusal(
        "namespace \"%s\" is kept by a passphrase, and nobody says it: type it, or name its file in %s"
            .formatted(namespace, Setting.PASSPHRASE_FILE.variable()));
  }

  private static CaptureException refusal(String message) {
    return new CaptureException(CaptureException.Reason.KEY, message);
  }
}
