package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.capture.CaptureException;
import ai.kolm.capture.Passphrase;
import ai.kolm.cli.settings.Setting;
import java.io.Console;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the passphrase of encrypted captures, once: from the file that a setting names, else from
 * whoever sits at the terminal.
 */
final class Passphrases implements Passphrase {
  private static final int MIN_LENGTH = 8;

  private final CommandContext context;
  private char @Nullable [] known;

  Passphrases(CommandContext context) {
    this.context = context;
  }

  @Override
  public synchronized char[] of(String namespace, boolean fresh)
      throws IOException, CaptureException {
    char[] said = known;
    if (said == null) {
      String file = context.settings().get(Setting.PASSPHRASE_FILE);
      said = file.isEmpty() ? asked(namespace, fresh) : read(context.home().expand(file));
      known = said;
    }
    if (fresh && said.length < MIN_LENGTH) {
      throw refusal("a passphrase has at least %d characters".formatted(MIN_LENGTH));
    }
    return said;
  }

  private static char[] read(Path file) throws IOException {
    CharBuffer text = UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file)));
    int length = text.length();
    while (length > 0 && (text.charAt(length - 1) == '\n' || text.charAt(length - 1) == '\r')) {
      length--;
    }
    return Arrays.copyOf(text.array(), length);
  }

  private char[] asked(String namespace, boolean fresh) throws CaptureException {
    Console terminal = context.console().terminals().in() ? System.console() : null;
    if (terminal == null) {
      throw refusal(
          "namespace \"%s\" is kept by a passphrase, and there is nobody to ask: name its file in %s"
              .formatted(namespace, Setting.PASSPHRASE_FILE.variable()));
    }
    char[] said = ask(terminal, "passphrase of namespace " + namespace);
    if (fresh && !Arrays.equals(said, ask(terminal, "once more"))) {
      throw refusal("the two passphrases differ");
    }
    return said;
  }

  private static char[] ask(Console terminal, String what) throws CaptureException {
    char[] said = terminal.readPassword("%s: ", what);
    if (said == null) {
      throw refusal("no passphrase was given");
    }
    return said;
  }

  private static CaptureException refusal(String message) {
    return new CaptureException(CaptureException.Reason.KEY, message);
  }
}
