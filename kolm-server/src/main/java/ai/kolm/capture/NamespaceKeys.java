package ai.kolm.capture;

import ai.kolm.anonymize.PseudonymKey;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;

/**
 * The keys of a namespace, which all come from one data key: deleting it makes pseudonyms
 * untraceable and encrypted records unreadable, in backups too.
 *
 * @param pseudonyms decides surrogates, scopes and digests of duplicates
 * @param records encrypts records
 */
record NamespaceKeys(PseudonymKey pseudonyms, RecordCipher records) {
  private static final String PURPOSE = "kolm capture data key of ";

  /** A data key that nobody has had, wrapped by the master key. */
  static String create(byte[] master, String namespace) {
    byte[] data = new byte[PseudonymKey.BYTES];
    new SecureRandom().nextBytes(data);
    return new RecordCipher(master).encrypt(data, PURPOSE + namespace);
  }

  /** The keys of a namespace. */
  static NamespaceKeys unwrap(byte[] master, NamespaceMeta meta) throws CaptureException {
    try {
      byte[] data = new RecordCipher(master).decrypt(meta.key(), PURPOSE + meta.name());
      PseudonymKey root = new PseudonymKey(data);
      return new NamespaceKeys(
          root.derive("pseudonyms"), new RecordCipher(root.bytes("encryption of records")));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new CaptureException(
          CaptureException.Reason.KEY,
          (meta.passphrase().isPresent()
                  ? "that is not the passphrase of namespace \"%s\""
                  : "the capture key is not the one that namespace \"%s\" was made with")
              .formatted(meta.name()));
    }
  }
}
