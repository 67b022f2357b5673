package ai.kolm.trust;

/**
 * A key or an artifact that is trusted no more.
 *
 * @param subject a key id, or a CID
 * @param at when it was revoked, in epoch seconds
 * @param reason for people
 */
public record Revocation(String subject, long at, String reason) {
  private static final String CID = "cidv1:";
  private static final int MAX_REASON = 1_000;

  /** Checks the subject and the length of the reason. */
  public Revocation {
    if (!isCid(subject) && !TrustStore.isKeyId(subject)) {
      throw new IllegalArgumentException("neither a key id nor a CID: \"" + subject + "\"");
    }
    if (reason.length() > MAX_REASON) {
      throw new IllegalArgumentException("a reason has at most " + MAX_REASON + " characters");
    }
  }

  /** Whether the subject is an artifact. */
  public boolean isOfArtifact() {
    return isCid(subject);
  }

  private static boolean isCid(String text) {
    return text.startsWith(CID);
  }
}
