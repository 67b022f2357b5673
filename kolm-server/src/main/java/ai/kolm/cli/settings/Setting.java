package ai.kolm.cli.settings;

import ai.kolm.trust.TrustPolicy;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A value that a flag, the environment or {@code config.toml} can set.
 *
 * @param key its name in {@code config.toml}: {@code serve.port} is {@code port} in {@code [serve]}
 * @param variable its name in the environment
 * @param fallback its text where nothing sets it; may be empty
 * @param meaning what it does, for {@code kolm config}
 * @param expected the texts it takes, for messages
 * @param reader makes a value of a text; {@link IllegalArgumentException} if it is none
 */
public record Setting<T>(
    String key,
    String variable,
    String fallback,
    String meaning,
    String expected,
    Function<String, T> reader) {
  private static final int MAX_PORT = 65_535;
  private static final int MAX_THREADS = 1024;
  private static final int MAX_DAYS = 100_000;
  private static final int MAX_MEBIBYTES = 1 << 30;
  private static final String AUTO = "auto";

  /** The address that the server listens on. */
  public static final Setting<String> HOST =
      new Setting<>(
          "serve.host",
          "KOLM_HOST",
          "127.0.0.1",
          "address the server listens on",
          "a host name or address",
          Setting::text);

  /** The port that the server listens on. */
  public static final Setting<Integer> PORT =
      new Setting<>(
          "serve.port",
          "KOLM_PORT",
          "8765",
          "port the server listens on; 0 takes a free one",
          "a port from 0 to " + MAX_PORT,
          text -> number(text, 0, MAX_PORT));

  /** Memory of all models that a server has loaded; empty is what the machine has. */
  public static final Setting<OptionalInt> MEMORY =
      new Setting<>(
          "serve.memory",
          "KOLM_SERVE_MEMORY",
          AUTO,
          "MiB for all models that the server has loaded; auto is what the heap leaves",
          "auto, or a number from 1 to " + MAX_MEBIBYTES,
          text -> autoOr(text, MAX_MEBIBYTES));

  /** How long the audit log is kept. */
  public static final Setting<Integer> RECEIPT_DAYS =
      new Setting<>(
          "receipts.days",
          "KOLM_RECEIPTS_DAYS",
          "2190",
          "days that the server keeps the audit log of receipts",
          "a number from 1 to " + MAX_DAYS,
          text -> number(text, 1, MAX_DAYS));

  /** How large the audit log may become; empty is no limit. */
  public static final Setting<OptionalInt> RECEIPT_MEBIBYTES =
      new Setting<>(
          "receipts.size",
          "KOLM_RECEIPTS_SIZE",
          AUTO,
          "MiB that the server keeps of the audit log; auto is no limit",
          "auto, or a number from 1 to " + MAX_MEBIBYTES,
          text -> autoOr(text, MAX_MEBIBYTES));

  /** The model where a command is given none. */
  public static final Setting<String> MODEL =
      new Setting<>(
          "model",
          "KOLM_MODEL",
          "",
          "model of a command that is given none",
          "a path, or a name in the artifacts directory",
          text -> text);

  /** Threads that compute; empty is one for each processor. */
  public static final Setting<OptionalInt> THREADS =
      new Setting<>(
          "engine.threads",
          "KOLM_THREADS",
          AUTO,
          "threads that compute; auto is one per processor",
          "auto, or a number from 1 to " + MAX_THREADS,
          text -> autoOr(text, MAX_THREADS));

  /** Tokens that prompt and answer may have together; empty leaves it to the model. */
  public static final Setting<OptionalInt> CONTEXT =
      new Setting<>(
          "engine.ctx",
          "KOLM_CTX",
          AUTO,
          "tokens of prompt and answer together; auto is the model's own, as far as memory goes",
          "auto, or a number from 1 to " + Integer.MAX_VALUE,
          text -> autoOr(text, Integer.MAX_VALUE));

  /** The kernels. */
  public static final Setting<KernelChoice> KERNELS =
      new Setting<>(
          "engine.kernels",
          "KOLM_KERNELS",
          AUTO,
          "arithmetic: auto, scalar, vector or emitted",
          "auto, scalar, vector or emitted",
          text -> KernelChoice.valueOf(text.toUpperCase(Locale.ROOT)));

  /** Which artifacts are served. */
  public static final Setting<TrustPolicy> TRUST =
      new Setting<>(
          "trust.policy",
          "KOLM_TRUST",
          TrustPolicy.TRUSTED_KEYS.id(),
          "artifacts that are run: trusted-keys or require-signature",
          "trusted-keys or require-signature",
          Setting::policy);

  /** The file with the passphrase of encrypted captures; empty: it is asked for. */
  public static final Setting<String> PASSPHRASE_FILE =
      new Setting<>(
          "capture.passphrase-file",
          "KOLM_CAPTURE_PASSPHRASE_FILE",
          "",
          "file with the passphrase of captures; without one it is asked for",
          "a file",
          text -> text);

  /** Whether nothing may be fetched. */
  public static final Setting<Boolean> OFFLINE =
      new Setting<>(
          "pull.offline",
          "KOLM_OFFLINE",
          "false",
          "refuse to fetch anything",
          "true (or 1) or false (or 0)",
          Setting::yesOrNo);

  /** The Python that runs pip. */
  public static final Setting<String> PYTHON =
      new Setting<>(
          "pull.python",
          "KOLM_PYTHON",
          "python3",
          "Python that fetches packages, with pip",
          "a program",
          Setting::text);

  /** Where Ollama keeps its models. */
  public static final Setting<String> OLLAMA_MODELS =
      new Setting<>(
          "pull.ollama",
          "OLLAMA_MODELS",
          "~/.ollama/models",
          "where Ollama keeps its models",
          "a directory",
          Setting::text);

  /** Where Hugging Face programs keep theirs. */
  public static final Setting<String> HUGGING_FACE =
      new Setting<>(
          "pull.huggingface",
          "HF_HOME",
          "~/.cache/huggingface",
          "where Hugging Face programs keep theirs (in hub/)",
          "a directory",
          Setting::text);

  /** All settings, in the order in which they are shown. */
  public static final List<Setting<?>> ALL =
      List.of(
          MODEL,
          HOST,
          PORT,
          MEMORY,
          THREADS,
          CONTEXT,
          KERNELS,
          TRUST,
          RECEIPT_DAYS,
          RECEIPT_MEBIBYTES,
          PASSPHRASE_FILE,
          OFFLINE,
          PYTHON,
          OLLAMA_MODELS,
          HUGGING_FACE);

  /** Which kernels are wanted. */
  public enum KernelChoice {
    /** The fastest. */
    AUTO,
    /** The specification. */
    SCALAR,
    /** The Vector API. */
    VECTOR,
    /** Machine code for x86-64. */
    EMITTED
  }

  /**
   * Reads a text.
   *
   * @param where who set it, for the message
   * @throws SettingException if it is no value of this setting
   */
  T read(String text, String where) throws SettingException {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException e) {
      throw new SettingException("%s: expected %s, got \"%s\"".formatted(where, expected, text));
    }
  }

  private static String text(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("blank");
    }
    return text;
  }

  /** What is not signed is accepted by an explicit flag only. */
  private static TrustPolicy policy(String text) {
    return Stream.of(TrustPolicy.TRUSTED_KEYS, TrustPolicy.REQUIRE_SIGNATURE)
        .filter(policy -> policy.id().equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no policy"));
  }

  private static int number(String text, int min, int max) {
    int number = Integer.parseInt(text);
    if (number < min || number > max) {
      throw new IllegalArgumentException("out of range");
    }
    return number;
  }

  private static OptionalInt autoOr(String text, int max) {
    return text.equalsIgnoreCase(AUTO) ? OptionalInt.empty() : OptionalInt.of(number(text, 1, max));
  }

  private static boolean yesOrNo(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "1", "yes" -> true;
      case "false", "0", "no" -> false;
      default -> throw new IllegalArgumentException("neither yes nor no");
    };
  }
}
