package ai.kolm.trust;

import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the verification of an artifact found, check by check.
 *
 * @param file the file
 * @param cid its content identifier, if it came so far
 * @param verdict the result
 * @param code why it is refused, if it is
 * @param policy what was asked of it
 * @param signers of the artifact
 * @param productionReady whether a trusted evaluation says that it passed
 * @param bytesHashed how much of its content was compared with its digests
 * @param millis how long it took
 * @param checks in the order they were made; those after one that failed are skipped
 */
public record VerificationReport(
    String file,
    Optional<String> cid,
    Verdict verdict,
    Optional<String> code,
    TrustPolicy policy,
    List<Signer> signers,
    boolean productionReady,
    long bytesHashed,
    long millis,
    List<Check> checks) {

  /** What an artifact is worth. */
  public enum Verdict {
    /** Intact, signed by a trusted key. */
    TRUSTED,
    /** Intact, signed, but by none that is trusted. */
    UNKNOWN_SIGNER,
    /** Intact, not signed. */
    UNSIGNED,
    /** Damaged, forged, or not as the format says. */
    INVALID,
    /** It, or the key that signed it, is revoked. */
    REVOKED;

    /** The verdict as reports and receipts name it: {@code unknown-signer}, ... */
    public String id() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** How a check ended. */
  public enum Status {
    /** As it should be. */
    PASS,
    /** Not as it should be. */
    FAIL,
    /** Not made. */
    SKIPPED
  }

  /**
   * One check.
   *
   * @param id names it: {@code container}, {@code signatures}, ...
   * @param status how it ended
   * @param what was checked, or what is wrong
   * @param expected what should be there; may be empty
   * @param actual what is there; may be empty
   * @param where an entry and byte range, a JSON pointer, or an offset; may be empty
   */
  public record Check(
      String id, Status status, String what, String expected, String actual, String where) {}

  /** Copies the lists. */
  public VerificationReport {
    signers = List.copyOf(signers);
    checks = List.copyOf(checks);
  }

  /** Whether the artifact is accepted under the policy. */
  public boolean accepted() {
    return code.isEmpty();
  }

  /** The report for programs. */
  public Json.Obj toJson() {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("file", new Json.Str(file));
    cid.ifPresent(text -> members.put("cid", new Json.Str(text)));
    members.put("verdict", new Json.Str(verdict.id()));
    code.ifPresent(text -> members.put("code", new Json.Str(text)));
    members.put("policy", new Json.Str(policy.id()));
    List<Json> keys = new ArrayList<>();
    for (Signer signer : signers) {
      Map<String, Json> one = new LinkedHashMap<>();
      one.put("keyid", new Json.Str(signer.keyId()));
      signer.name().ifPresent(name -> one.put("name", new Json.Str(name)));
      one.put("status", new Json.Str(signer.status().id()));
      keys.add(new Json.Obj(one));
    }
    members.put("signers", new Json.Arr(keys));
    members.put("productionReady", new Json.Bool(productionReady));
    members.put("bytesHashed", new Json.Int(bytesHashed));
    members.put("millis", new Json.Int(millis));
    members.put(
        "checks", new Json.Arr(checks.stream().<Json>map(VerificationReport::json).toList()));
    return new Json.Obj(members);
  }

  private static Json json(Check check) {
    Map<String, Json> one = new LinkedHashMap<>();
    one.put("id", new Json.Str(check.id()));
    one.put("status", new Json.Str(check.status().name().toLowerCase(Locale.ROOT)));
    one.put("what", new Json.Str(check.what()));
    put(one, "expected", check.expected());
    put(one, "actual", check.actual());
    put(one, "where", check.where());
    return new Json.Obj(one);
  }

  private static void put(Map<String, Json> members, String name, String text) {
    if (!text.isEmpty()) {
      members.put(name, new Json.Str(text));
    }
  }
}
