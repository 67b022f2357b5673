package ai.kolm.capture;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import ai.kolm.trust.DurableFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of a namespace besides its records: {@code meta.json}.
 *
 * @param name its name
 * @param created when, in milliseconds since 1970
 * @param key its data key, wrapped by the master key
 * @param passphrase how the master key follows from a passphrase; empty: it is that of the user
 * @param encrypted whether records are encrypted
 * @param retentionDays after how many days records are deleted; 0: never
 * @param hold whether nothing may be deleted
 * @param optedOut exchanges that were not recorded because the client said so
 * @param lost exchanges that could not be recorded
 */
public record NamespaceMeta(
    String name,
    long created,
    String key,
    Optional<PassphraseKey> passphrase,
    boolean encrypted,
    int retentionDays,
    boolean hold,
    long optedOut,
    long lost) {

  /** Reads it from the directory of a namespace. */
  static NamespaceMeta read(Path directory) throws IOException, CaptureException {
    Path file = directory.resolve(CaptureHome.META);
    try {
      JsonObject json = JsonReader.readObject(Files.readAllBytes(file), JsonLimits.DEFAULT);
      return new NamespaceMeta(
          json.string("namespace"),
          json.integer("created"),
          json.string("key"),
          passphrase(json),
          json.bool("encrypted", false),
          (int) json.integer("retention_days"),
          json.bool("hold", false),
          json.findInteger("opted_out").orElse(0),
          json.findInteger("lost").orElse(0));
    } catch (NoSuchFileException e) {
      throw new CaptureException(
          CaptureException.Reason.NOT_FOUND,
          "no captures of namespace \"%s\"".formatted(directory.getFileName()));
    } catch (JsonException | IllegalArgumentException e) {
      throw new CaptureException(CaptureException.Reason.DAMAGED, file + ": " + e.getMessage());
    }
  }

  private static Optional<PassphraseKey> passphrase(JsonObject json) throws JsonException {
    Optional<JsonObject> scrypt = json.findObject("scrypt");
    return scrypt.isEmpty() ? Optional.empty() : Optional.of(PassphraseKey.of(scrypt.get()));
  }

  /** Writes it into the directory of the namespace. */
  void write(Path directory) throws IOException {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("v", new Json.Int(1));
    members.put("namespace", new Json.Str(name));
    members.put("created", new Json.Int(created));
    members.put("key", new Json.Str(key));
    passphrase.ifPresent(scrypt -> members.put("scrypt", scrypt.json()));
    members.put("encrypted", new Json.Bool(encrypted));
    members.put("retention_days", new Json.Int(retentionDays));
    members.put("hold", new Json.Bool(hold));
    members.put("opted_out", new Json.Int(optedOut));
    members.put("lost", new Json.Int(lost));
    byte[] text = (JsonText.of(new Json.Obj(members)) + "\n").getBytes(StandardCharsets.UTF_8);
    DurableFile.write(directory.resolve(CaptureHome.META), text);
  }

  /** The same, with or without a hold. */
  public NamespaceMeta withHold(boolean newHold) {
    return new NamespaceMeta(
        name, created, key, passphrase, encrypted, retentionDays, newHold, optedOut, lost);
  }

  /** The same, with more exchanges that are not in the records. */
  NamespaceMeta withCounts(long moreOptedOut, long moreLost) {
    return new NamespaceMeta(
        name,
        created,
        key,
        passphrase,
        encrypted,
        retentionDays,
        hold,
        optedOut + moreOptedOut,
        lost + moreLost);
  }

  /** The same, with another retention. */
  NamespaceMeta withRetention(int days) {
    return new NamespaceMeta(name, created, key, passphrase, encrypted, days, hold, optedOut, lost);
  }
}
