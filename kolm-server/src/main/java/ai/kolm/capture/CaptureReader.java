package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.journal.Journal;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads the records of a namespace, also while a server writes to it. Immutable. */
public final class CaptureReader {
  private static final JsonLimits LIMITS = JsonLimits.DEFAULT.withBytes(Journal.MAX_PAYLOAD);

  private final Path directory;
  private final NamespaceMeta meta;
  private final @Nullable RecordCipher cipher;

  private CaptureReader(Path directory, NamespaceMeta meta, @Nullable RecordCipher cipher) {
    this.directory = directory;
    this.meta = meta;
    this.cipher = cipher;
  }

  /**
   * A reader of a namespace.
   *
   * @throws CaptureException {@code NOT_FOUND} if there is none; {@code KEY} if it is encrypted and
   *     the master key or the passphrase is not there
   */
  public static CaptureReader open(CaptureHome home, String namespace)
      throws IOException, CaptureException {
    Path directory = home.namespace(namespace);
    NamespaceMeta meta = NamespaceMeta.read(directory);
    RecordCipher cipher =
        meta.encrypted() ? NamespaceKeys.unwrap(home.master(meta), meta).records() : null;
    return new CaptureReader(directory, meta, cipher);
  }

  /** What is known of the namespace besides its records. */
  public NamespaceMeta meta() {
    return meta;
  }

  /** Hands all records to {@code visitor}, the oldest first. */
  public Journal.Scan scan(Consumer<CaptureRecord> visitor) throws IOException {
    return Journal.scan(
        directory, payload -> parse(payload, meta.name(), cipher).ifPresent(visitor));
  }

  /** The record of a payload; empty if it cannot be read. */
  static Optional<CaptureRecord> parse(
      byte[] payload, String namespace, @Nullable RecordCipher cipher) {
    try {
      Json.Obj json = JsonReader.readObject(payload, LIMITS).json();
      String sealed = StreamFold.text(json, "enc");
      if (sealed.isEmpty()) {
        return Optional.of(new CaptureRecord(json));
      }
      if (cipher == null) {
        return Optional.empty();
      }
      byte[] plain = cipher.decrypt(sealed, name(namespace, StreamFold.text(json, "id")));
      return Optional.of(new CaptureRecord(JsonReader.readObject(plain, LIMITS).json()));
    } catch (JsonException | GeneralSecurityException e) {
      return Optional.empty();
    }
  }

  /** What an encrypted record belongs to. */
  static String name(String namespace, String id) {
    return namespace + '\0' + id;
  }

  /** The name of the record in a payload, which encryption leaves readable. */
  static String id(byte[] payload) {
    String text = new String(payload, 0, Math.min(payload.length, 80), UTF_8);
    int at = text.indexOf("\"id\":\"");
    int end = at < 0 ? -1 : text.indexOf('"', at + 6);
    return end < 0 ? "" : text.substring(at + 6, end);
  }
}
