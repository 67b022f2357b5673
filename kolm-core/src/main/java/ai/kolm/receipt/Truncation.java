package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.receipt.ReceiptException.Code;
import ai.kolm.trust.SigningKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A signed statement that the start of an audit log was removed on purpose: a log that begins later
 * than its first receipt is whole if there is one for the place where it begins. They stand in
 * {@code truncated} beside the segments, in lines of {@link LogLine}, and are on the disk before a
 * segment is removed.
 *
 * @param next the place of the first receipt that is still there
 */
record Truncation(ChainLink next) {
  private static final String TYPE = "kolm-truncation+jws";
  private static final String FILE = "truncated";

  /** Writes the statement, signed, and waits until it is on the disk. */
  void write(Path directory, SigningKey key, Instant now) throws IOException {
    Json.Obj payload =
        new Json.Obj(
            Map.of(
                "v", new Json.Int(1),
                "chain", new Json.Str(next.chain()),
                "up_to_seq", new Json.Int(next.seq() - 1),
                "prev", new Json.Str(next.prev()),
                "iat", new Json.Int(now.getEpochSecond())));
    String jws = Jws.sign(Jws.header(key, TYPE), CanonicalJson.write(payload), key);
    ByteBuffer line = ByteBuffer.wrap(LogLine.of(jws).getBytes(US_ASCII));
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      long end = channel.size();
      while (line.hasRemaining()) {
        channel.write(line, end + line.position());
      }
      channel.force(true);
    }
  }

  /**
   * The statements of a log; a line that was not written to its end is none.
   *
   * @throws ReceiptException if one is damaged, or not signed by a trusted key
   */
  static List<Truncation> read(Path directory, ReceiptVerifier verifier)
      throws IOException, ReceiptException {
    Path file = directory.resolve(FILE);
    List<Truncation> found = new ArrayList<>();
    if (Files.exists(file)) {
      LogDirectory.read(
          file,
          (line, offset) -> {
            String jws = LogLine.parse(line).orElseThrow(() -> LogDirectory.damaged(file, offset));
            found.add(parse(verifier.verifySignature(Jws.parse(jws, TYPE))));
          });
    }
    return found;
  }

  private static Truncation parse(Jws jws) throws ReceiptException {
    try {
      JsonObject json = JsonReader.readObject(jws.payload(), JsonLimits.DEFAULT);
      long upTo = json.integer("up_to_seq");
      return new Truncation(new ChainLink(json.string("chain"), upTo + 1, json.string("prev")));
    } catch (JsonException e) {
      throw new ReceiptException(Code.RECEIPT_FORM, String.valueOf(e.getMessage()));
    }
  }
}
