package ai.kolm.trust;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.json.JsonException;
import ai.kolm.trust.Signer.Status;
import ai.kolm.trust.TrustedKey.Use;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Verifies the signatures of one statement of an artifact. The message never chooses: algorithm and
 * type are fixed, and of a trusted key the store's copy is used, not the one in the envelope.
 */
final class SignatureCheck {
  private final String file;
  private final String entry;
  private final TrustStore store;
  private final Instant now;

  /**
   * @param file for messages
   * @param entry the statement's name in the artifact
   */
  SignatureCheck(String file, String entry, TrustStore store, Instant now) {
    this.file = file;
    this.entry = entry;
    this.store = store;
    this.now = now;
  }

  /** Reads an envelope that must hold a statement of this type. */
  Envelope parse(byte[] bytes, String type) throws ArtifactException {
    Envelope envelope;
    try {
      envelope = Envelope.parse(bytes);
    } catch (JsonException e) {
      throw fault(code(e), "", String.valueOf(e.getMessage()), "", "");
    }
    if (!envelope.payloadType().equals(type)) {
      throw fault(
          Code.PAYLOAD_TYPE, "/payloadType", "type of statement", type, envelope.payloadType());
    }
    return envelope;
  }

  private static Code code(JsonException e) {
    return switch (e.code()) {
      case ENCODING -> Code.JSON_ENCODING;
      case SYNTAX, SIZE -> Code.JSON_SYNTAX;
      case DUPLICATE_KEY -> Code.JSON_DUPLICATE_KEY;
      case TRAILING -> Code.JSON_TRAILING;
      case NUMBER -> Code.JSON_NUMBER;
      case DEPTH -> Code.JSON_DEPTH;
      case NOT_CANONICAL -> Code.JSON_NOT_CANONICAL;
      case TYPE -> Code.SIGNATURE_INVALID;
    };
  }

  /**
   * Who signed it.
   *
   * @throws ArtifactException {@code signature_invalid} or {@code key_invalid}: one wrong signature
   *     is enough
   */
  List<Signer> signers(Envelope envelope, Use use) throws ArtifactException {
    List<Signer> signers = new ArrayList<>();
    byte[] signed = envelope.signedBytes();
    for (Envelope.Signature signature : envelope.signatures()) {
      String where = "/signatures/" + signers.size();
      VerifyingKey key = key(signature, where);
      if (!key.verify(signed, signature.bytes())) {
        throw fault(Code.SIGNATURE_INVALID, where, "no signature by this key", key.id(), "");
      }
      signers.add(signer(key, use));
    }
    return signers;
  }

  private VerifyingKey key(Envelope.Signature signature, String where) throws ArtifactException {
    VerifyingKey key;
    try {
      key = VerifyingKey.ofSpki(signature.publicKey());
    } catch (TrustException e) {
      throw fault(Code.KEY_INVALID, where + "/pub", String.valueOf(e.getMessage()), "", "");
    }
    if (!key.id().equals(signature.keyId())) {
      throw fault(Code.KEY_INVALID, where + "/pub", "id of the key", signature.keyId(), key.id());
    }
    VerifyingKey trusted = store.find(key.id()).map(TrustedKey::key).orElse(key);
    if (!trusted.equals(key)) {
      throw fault(Code.KEY_INVALID, where + "/pub", "another key has the same id", "", "");
    }
    return trusted;
  }

  private Signer signer(VerifyingKey key, Use use) {
    Optional<TrustedKey> trusted = store.find(key.id());
    Status status;
    if (store.revocation(key.id()).isPresent()) {
      status = Status.REVOKED;
    } else if (trusted.isEmpty() || !trusted.get().isFor(use)) {
      status = Status.UNKNOWN;
    } else {
      status = trusted.get().isValidAt(now) ? Status.TRUSTED : Status.EXPIRED;
    }
    return new Signer(key.id(), trusted.flatMap(known -> known.terms().name()), status);
  }

  ArtifactException fault(Code code, String where, String what, String expected, String actual) {
    return new ArtifactException(code, file, entry + where, what, expected, actual);
  }
}
