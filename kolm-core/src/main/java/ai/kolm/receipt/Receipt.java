package ai.kolm.receipt;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.receipt.ReceiptException.Code;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A receipt that was read. Immutable.
 *
 * @param jws its text
 * @param keyId the key that its header names
 * @param payload what it says
 */
public record Receipt(String jws, String keyId, Json.Obj payload) {
  private static final Set<String> FIELDS =
      Set.of(
          "v",
          "id",
          "phase",
          "kind",
          "iat",
          "cid",
          "model",
          "trust",
          "tpl",
          "adapter",
          "draft",
          "req",
          "res",
          "out",
          "open",
          "params",
          "gram",
          "eng",
          "krn",
          "det",
          "fp",
          "usage",
          "fin",
          "status",
          "err",
          "ms",
          "store",
          "upstream",
          "chain",
          "seq",
          "prev",
          "log",
          "nonce");
  private static final int MAX_DEPTH = 4;

  /**
   * Reads the payload of a receipt, whose signature the caller has verified or does not rely on.
   *
   * @throws ReceiptException if it is not as the format says
   */
  static Receipt of(String text, Jws jws) throws ReceiptException {
    try {
      Json json = JsonReader.read(jws.payload(), JsonLimits.DEFAULT.withDepth(MAX_DEPTH));
      CanonicalJson.require(jws.payload(), json);
      JsonObject object = JsonObject.of(json, "");
      if (object.integer("v") != 1) {
        throw new ReceiptException(Code.RECEIPT_VERSION, "expected 1, got " + object.integer("v"));
      }
      for (String name : object.names()) {
        if (!FIELDS.contains(name)) {
          throw new ReceiptException(Code.RECEIPT_PAYLOAD, "unknown field " + object.at(name));
        }
      }
      boolean phase = Set.of("open", "final").contains(object.string("phase"));
      if (!phase || !ReceiptId.isId(object.string("id")) || object.string("kind").isEmpty()) {
        throw new ReceiptException(Code.RECEIPT_PAYLOAD, "no id, phase and kind of a receipt");
      }
      object.integer("iat");
      boolean link = object.find("seq").isPresent();
      if (link != object.find("prev").isPresent() || link != object.find("chain").isPresent()) {
        throw new ReceiptException(Code.RECEIPT_PAYLOAD, "chain, seq and prev go together");
      }
      return new Receipt(text, jws.keyId(), object.json());
    } catch (JsonException e) {
      throw new ReceiptException(Code.RECEIPT_PAYLOAD, String.valueOf(e.getMessage()));
    }
  }

  /** A field that is a text. */
  public Optional<String> text(String name) {
    return payload.members().get(name) instanceof Json.Str text
        ? Optional.of(text.value())
        : Optional.empty();
  }

  /** A field that is a whole number. */
  public OptionalLong number(String name) {
    return payload.members().get(name) instanceof Json.Int number
        ? OptionalLong.of(number.value())
        : OptionalLong.empty();
  }

  /** The name of the receipt. */
  public String id() {
    return text("id").orElse("");
  }

  /** Its place in the audit log, if it has one. */
  public Optional<ChainLink> link() {
    OptionalLong seq = number("seq");
    return seq.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ChainLink(text("chain").orElse(""), seq.getAsLong(), text("prev").orElse("")));
  }
}
