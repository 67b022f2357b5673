package ai.kolm.trust;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.Cid;
import ai.kolm.artifact.Container;
import ai.kolm.artifact.ManifestEntry;
import ai.kolm.artifact.Progress;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.trust.Signer.Status;
import ai.kolm.trust.TrustedKey.Use;
import ai.kolm.trust.VerificationReport.Check;
import ai.kolm.trust.VerificationReport.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The way into an artifact under a policy. Each step only after the one before, so that no parser
 * sees a byte that has not been verified: the container; the envelope; the type of its statement;
 * signatures and policy; that what was signed is {@code manifest.json}; the manifest and the set of
 * entries; the evaluation; and, where asked for, the digests of all entries.
 *
 * <pre>{@code
 * ArtifactGate gate = new ArtifactGate(store, TrustPolicy.TRUSTED_KEYS, InstantSource.system());
 * try (TrustedArtifact opened = gate.open(file)) {
 *   opened.artifact().verify(2, Progress.NONE);
 * }
 * }</pre>
 *
 * <p>Immutable; safe for use by many threads.
 */
public final class ArtifactGate {
  /** The signed manifest. */
  public static final String ENVELOPE = "attest/manifest.dsse.json";

  /** The signed result of an evaluation. */
  public static final String EVAL = "attest/eval.dsse.json";

  /** Accepts everything that is not wrong, and trusts nobody. */
  public static final ArtifactGate OPEN =
      new ArtifactGate(TrustStore.EMPTY, TrustPolicy.UNSIGNED_OK, InstantSource.system());

  private static final String MANIFEST = "manifest.json";
  private static final List<String> STEPS =
      List.of("container", "envelope", "signatures", "policy", "manifest", "eval", "digests");

  private final TrustStore store;
  private final TrustPolicy policy;
  private final InstantSource clock;
  private final Optional<Cid> pin;

  /**
   * A gate.
   *
   * @param store who is trusted
   * @param policy what is asked of an artifact
   * @param clock for the windows of keys
   */
  public ArtifactGate(TrustStore store, TrustPolicy policy, InstantSource clock) {
    this(store, policy, clock, Optional.empty());
  }

  private ArtifactGate(
      TrustStore store, TrustPolicy policy, InstantSource clock, Optional<Cid> pin) {
    this.store = store;
    this.policy = policy;
    this.clock = clock;
    this.pin = pin;
  }

  /** This gate for one artifact only: others are refused, older versions of it included. */
  public ArtifactGate withPin(Cid cid) {
    return new ArtifactGate(store, policy, clock, Optional.of(cid));
  }

  /** What is asked of an artifact. */
  public TrustPolicy policy() {
    return policy;
  }

  /**
   * Opens an artifact that the policy accepts; its entries are not hashed.
   *
   * @throws ArtifactException if it is refused; the code and message say why
   * @throws IOException if the file cannot be read
   */
  public TrustedArtifact open(Path file) throws IOException, ArtifactException {
    return new Passage(file).open();
  }

  /**
   * Makes all checks, those of every entry included, and reports them.
   *
   * @param threads that hash
   * @param progress is told the bytes hashed
   * @throws IOException if the file cannot be read
   */
  public VerificationReport verify(Path file, int threads, Progress progress) throws IOException {
    long started = System.nanoTime();
    Passage passage = new Passage(file);
    Optional<ArtifactException> refusal = Optional.empty();
    Verdict verdict = Verdict.INVALID;
    boolean ready = false;
    long hashed = 0;
    try (TrustedArtifact opened = passage.open()) {
      passage.start("digests", "every entry has the digest of the manifest");
      opened.artifact().verify(threads, progress);
      passage.passed();
      hashed = opened.artifact().entries().stream().mapToLong(ManifestEntry::size).sum();
      verdict = opened.verdict();
      ready = opened.productionReady();
    } catch (ArtifactException e) {
      passage.failed(e);
      verdict = verdict(e.code());
      refusal = Optional.of(e);
    }
    return new VerificationReport(
        String.valueOf(file.getFileName()),
        passage.cid.map(Cid::text),
        verdict,
        refusal.map(e -> e.code().id()),
        policy,
        passage.signers,
        ready,
        hashed,
        (System.nanoTime() - started) / 1_000_000,
        passage.checks());
  }

  private static Verdict verdict(Code code) {
    return switch (code) {
      case UNSIGNED -> Verdict.UNSIGNED;
      case SIGNER_UNKNOWN, KEY_EXPIRED -> Verdict.UNKNOWN_SIGNER;
      case KEY_REVOKED, CID_REVOKED -> Verdict.REVOKED;
      default -> Verdict.INVALID;
    };
  }

  /** One artifact on its way through the gate. */
  private final class Passage {
    private final Path file;
    private final String name;
    private final Instant now = clock.instant();
    private final List<Check> checks = new ArrayList<>();
    private List<Signer> signers = List.of();
    private Optional<Cid> cid = Optional.empty();
    private String step = "";
    private String what = "";

    Passage(Path file) {
      this.file = file;
      name = String.valueOf(file.getFileName());
    }

    void start(String nextStep, String checked) {
      step = nextStep;
      what = checked;
    }

    void passed() {
      checks.add(new Check(step, VerificationReport.Status.PASS, what, "", "", ""));
    }

    void failed(ArtifactException e) {
      checks.add(
          new Check(
              step, VerificationReport.Status.FAIL, e.what(), e.expected(), e.actual(), e.where()));
    }

    /** Those made, and those that were not. */
    List<Check> checks() {
      List<Check> all = new ArrayList<>(checks);
      STEPS.stream()
          .filter(id -> checks.stream().noneMatch(check -> check.id().equals(id)))
          .forEach(id -> all.add(new Check(id, VerificationReport.Status.SKIPPED, "", "", "", "")));
      return all;
    }

    TrustedArtifact open() throws IOException, ArtifactException {
      start("container", "layout, headers, names, checksums of small entries");
      Container container = Container.open(file, ArtifactLimits.DEFAULT);
      boolean opened = false;
      try {
        TrustedArtifact artifact = through(container);
        opened = true;
        return artifact;
      } finally {
        if (!opened) {
          container.close();
        }
      }
    }

    private TrustedArtifact through(Container container) throws IOException, ArtifactException {
      byte[] manifest = container.unchecked(MANIFEST, ArtifactLimits.DEFAULT.manifestBytes());
      byte[] envelope = attestation(container, ENVELOPE);
      byte[] eval = attestation(container, EVAL);
      passed();
      Verdict verdict = signed(envelope, manifest);
      start("manifest", "fields, references, set of entries, list of chunks");
      Artifact artifact = Artifact.of(container, ArtifactLimits.DEFAULT);
      cid = Optional.of(artifact.cid());
      checkCid(artifact.cid());
      passed();
      start("eval", "signed result of an evaluation");
      boolean ready = eval.length > 0 && isReady(eval, artifact);
      if (eval.length > 0) {
        passed();
      }
      return new TrustedArtifact(artifact, verdict, signers, ready);
    }

    /** The bytes of a statement; none if it is not there. */
    private byte[] attestation(Container container, String entry)
        throws IOException, ArtifactException {
      return container.find(entry).isPresent()
          ? container.small(entry, Artifact.attestationLimit(entry))
          : new byte[0];
    }

    private Verdict signed(byte[] envelopeBytes, byte[] manifest) throws ArtifactException {
      SignatureCheck check = new SignatureCheck(name, ENVELOPE, store, now);
      if (envelopeBytes.length == 0) {
        start("policy", "a signature that the policy accepts");
        if (policy != TrustPolicy.UNSIGNED_OK) {
          throw check.fault(
              Code.UNSIGNED, "", "no signature", "one (policy " + policy.id() + ")", "none");
        }
        passed();
        return Verdict.UNSIGNED;
      }
      start("envelope", "canonical JSON, type of the statement");
      Envelope envelope = check.parse(envelopeBytes, Envelope.MANIFEST);
      passed();
      start("signatures", "each is one of the statement by its key");
      signers = check.signers(envelope, Use.ARTIFACT);
      passed();
      start("policy", "a signature that the policy accepts");
      Verdict verdict = judge(check);
      passed();
      start("manifest", "what was signed is manifest.json");
      int difference = Arrays.mismatch(envelope.payload(), manifest);
      if (difference >= 0) {
        throw new ArtifactException(
            Code.MANIFEST_MISMATCH,
            name,
            "entry manifest.json, byte " + difference,
            "differs from what was signed",
            "",
            "");
      }
      return verdict;
    }

    /** The best of the signers decides. */
    private Verdict judge(SignatureCheck check) throws ArtifactException {
      if (has(Status.TRUSTED)) {
        return Verdict.TRUSTED;
      }
      boolean anyone = policy != TrustPolicy.TRUSTED_KEYS;
      if (anyone && (has(Status.UNKNOWN) || has(Status.EXPIRED))) {
        return Verdict.UNKNOWN_SIGNER;
      }
      String ids = String.join(", ", signers.stream().map(Signer::keyId).toList());
      if (has(Status.REVOKED)) {
        throw check.fault(Code.KEY_REVOKED, "", "the key that signed it is revoked", "", ids);
      }
      if (has(Status.EXPIRED)) {
        throw check.fault(Code.KEY_EXPIRED, "", "outside the window of the key", "", ids);
      }
      throw check.fault(Code.SIGNER_UNKNOWN, "", "signed by no trusted key", "", ids);
    }

    private boolean has(Status status) {
      return signers.stream().anyMatch(signer -> signer.status() == status);
    }

    private void checkCid(Cid actual) throws ArtifactException {
      Optional<Revocation> revoked = store.revocation(actual.text());
      if (revoked.isPresent()) {
        throw new ArtifactException(
            Code.CID_REVOKED, name, "cid", "revoked: " + revoked.get().reason(), "", actual.text());
      }
      if (pin.isPresent() && !pin.get().equals(actual)) {
        throw new ArtifactException(
            Code.CID_MISMATCH, name, "cid", "pinned", pin.get().text(), actual.text());
      }
    }

    /** Whether a trusted evaluation says that this very artifact passed. */
    private boolean isReady(byte[] eval, Artifact artifact) throws ArtifactException {
      SignatureCheck check = new SignatureCheck(name, EVAL, store, now);
      Envelope envelope = check.parse(eval, Envelope.EVAL);
      List<Signer> evaluators = check.signers(envelope, Use.EVAL);
      try {
        JsonObject statement = JsonReader.readObject(envelope.payload(), JsonLimits.DEFAULT);
        if (!statement.string("cid").equals(artifact.cid().text())) {
          throw check.fault(
              Code.MANIFEST_MISMATCH,
              "/cid",
              "the evaluation is of another artifact",
              artifact.cid().text(),
              statement.string("cid"));
        }
        return statement.bool("passed", false)
            && evaluators.stream().anyMatch(signer -> signer.status() == Status.TRUSTED);
      } catch (JsonException e) {
        throw check.fault(Code.JSON_SYNTAX, "", String.valueOf(e.getMessage()), "", "");
      }
    }
  }
}
