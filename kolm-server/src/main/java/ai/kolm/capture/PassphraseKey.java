package ai.kolm.capture;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;

/**
 * How the master key of a namespace follows from its passphrase.
 *
 * @param salt in hexadecimal, not secret
 * @param log2N how much memory a guess takes: 2 to the power of this, in KiB
 */
public record PassphraseKey(String salt, int log2N) {
  private static final int KEY_BYTES = 32;
  private static final int SALT_BYTES = 16;
  private static final int LOG2_N = 17;
  private static final int MIN_LOG2_N = 14;
  private static final int MAX_LOG2_N = 20;

  /** Checks that a file does not ask for no work at all, or for all memory. */
  public PassphraseKey {
    HexFormat.of().parseHex(salt);
    if (salt.length() < 2 * SALT_BYTES || log2N < MIN_LOG2_N || log2N > MAX_LOG2_N) {
      throw new IllegalArgumentException("salt or cost of the passphrase is out of range");
    }
  }

  /** With a salt that nobody has had; 128 MiB for each guess. */
  static PassphraseKey fresh() {
    byte[] salt = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    return new PassphraseKey(HexFormat.of().formatHex(salt), LOG2_N);
  }

  /** The master key. */
  byte[] master(char[] passphrase) {
    return Scrypt.derive(passphrase, HexFormat.of().parseHex(salt), log2N, KEY_BYTES);
  }

  static PassphraseKey of(JsonObject json) throws JsonException {
    return new PassphraseKey(json.string("salt"), (int) json.integer("log2_n"));
  }

  Json json() {
    return new Json.Obj(Map.of("salt", new Json.Str(salt), "log2_n", new Json.Int(log2N)));
  }
}
