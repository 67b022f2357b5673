package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.receipt.ReceiptException.Code;
import ai.kolm.trust.SigningKey;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A signed text that any JOSE library verifies: JSON Web Signature (RFC 7515), compact, EdDSA with
 * Ed25519 (RFC 8037). There is one header for each key and type; any other is refused, so that no
 * message chooses how it is verified.
 *
 * @param keyId of the key
 * @param payload what was signed
 * @param signingInput the bytes that the signature covers
 * @param signature 64 bytes
 */
record Jws(String keyId, byte[] payload, byte[] signingInput, byte[] signature) {
  /** The longest receipt. */
  static final int MAX_LENGTH = 4_096;

  private static final Pattern HEADER =
      Pattern.compile(
          "\\{\"alg\":\"EdDSA\",\"kid\":\"([0-9a-f]{32})\",\"typ\":\"(kolm-[a-z]+\\+jws)\"}");

  /** The type of receipts. */
  private static final String RECEIPT = "kolm-receipt+jws";

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  /** The first part of all receipts that {@code key} signs. */
  static String header(SigningKey key) {
    return header(key, RECEIPT);
  }

  /** The first part of all texts of a type that {@code key} signs. */
  static String header(SigningKey key, String type) {
    String json =
        "{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"%s\"}".formatted(key.publicKey().id(), type);
    return ENCODER.encodeToString(json.getBytes(US_ASCII));
  }

  /** Signs a payload. */
  static String sign(String header, byte[] payload, SigningKey key) {
    String input = header + "." + ENCODER.encodeToString(payload);
    return input + "." + ENCODER.encodeToString(key.sign(input.getBytes(US_ASCII)));
  }

  /** Takes a receipt apart; no signature is verified. */
  static Jws parse(String text) throws ReceiptException {
    return parse(text, RECEIPT);
  }

  /** Takes a text of a type apart; no signature is verified. */
  static Jws parse(String text, String type) throws ReceiptException {
    if (text.length() > MAX_LENGTH) {
      throw new ReceiptException(
          Code.RECEIPT_FORM, "longer than %,d characters".formatted(MAX_LENGTH));
    }
    String[] parts = text.split("\\.", -1);
    if (parts.length != 3) {
      throw new ReceiptException(Code.RECEIPT_FORM, "expected three parts, got " + parts.length);
    }
    Matcher header = HEADER.matcher(new String(decode(parts[0], "header"), UTF_8));
    if (!header.matches() || !header.group(2).equals(type)) {
      throw new ReceiptException(
          Code.RECEIPT_HEADER, "expected the algorithm EdDSA and the type " + type);
    }
    return new Jws(
        header.group(1),
        decode(parts[1], "payload"),
        (parts[0] + "." + parts[1]).getBytes(UTF_8),
        decode(parts[2], "signature"));
  }

  /** Bytes in the one Base64url text that there is for them. */
  private static byte[] decode(String text, String what) throws ReceiptException {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      if (ENCODER.encodeToString(bytes).equals(text)) {
        return bytes;
      }
    } catch (IllegalArgumentException e) {
      // Refused below.
    }
    throw new ReceiptException(
        Code.RECEIPT_FORM, "the %s is not Base64url without padding".formatted(what));
  }
}
