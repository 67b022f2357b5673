package ai.kolm.receipt;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.trust.SigningKey;
import ai.kolm.trust.VerifyingKey;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Signs receipts, writes those of answers to the audit log before they are given out, and finds
 * them again by name.
 *
 * <p>Safe for use by many threads. Closing it closes the log.
 */
public final class ReceiptIssuer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("ai.kolm.receipt");
  private static final int KEPT = 20_000;
  private static final long KEPT_MILLIS = 10 * 60_000L;
  private static final long COMPLAINT_MILLIS = 60_000;

  /** After a failure, answers are refused without being made that long. */
  private static final long RETRY_MILLIS = 1_000;

  private final SigningKey key;
  private final String header;
  private final List<VerifyingKey> retired;
  private final @Nullable ReceiptLog log;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Kept> kept = new LinkedHashMap<>();
  private final boolean required;
  private long lastComplaint = -COMPLAINT_MILLIS;
  private volatile long failedAt = Long.MIN_VALUE / 2;

  /** A receipt in memory; open ones have no text yet. */
  private record Kept(Optional<String> jws, long at) {}

  /** What is known of a name. */
  public sealed interface Found {
    /** A final receipt. */
    record Receipt(String jws) implements Found {}

    /** The answer is still being made. */
    record Open() implements Found {}

    /** No such receipt. */
    record Unknown() implements Found {}
  }

  /**
   * An issuer.
   *
   * @param key signs
   * @param retired keys that signed before, for those who ask for keys
   * @param log the audit log; absent: receipts of answers carry no sequence number
   */
  public ReceiptIssuer(
      SigningKey key, List<VerifyingKey> retired, Optional<ReceiptLog> log, InstantSource clock) {
    this(key, retired, log, clock, false);
  }

  private ReceiptIssuer(
      SigningKey key,
      List<VerifyingKey> retired,
      Optional<ReceiptLog> log,
      InstantSource clock,
      boolean required) {
    this.required = required;
    this.key = key;
    this.retired = List.copyOf(retired);
    this.log = log.orElse(null);
    this.clock = clock;
    header = Jws.header(key);
  }

  /**
   * An issuer with a key of its own and without log: its receipts prove that bytes belong together.
   */
  public static ReceiptIssuer inMemory() {
    return new ReceiptIssuer(
        SigningKey.generate(), List.of(), Optional.empty(), InstantSource.system());
  }

  /**
   * An issuer that gives out no receipt of an answer that is not in the log.
   *
   * @param log is forced to the disk before a receipt is given out: {@link ReceiptLog.Sync#ALWAYS}
   */
  public static ReceiptIssuer requiring(
      SigningKey key, List<VerifyingKey> retired, ReceiptLog log, InstantSource clock) {
    return new ReceiptIssuer(key, retired, Optional.of(log), clock, true);
  }

  /** Whether an answer that is begun now may be expected to get its receipt. */
  public boolean isAvailable() {
    return !required || clock.millis() - failedAt > RETRY_MILLIS;
  }

  /** A name for the next receipt. */
  public String nextId() {
    return ReceiptId.next(clock.millis());
  }

  /** The key that signs. */
  public VerifyingKey key() {
    return key.publicKey();
  }

  /** The first receipt of a stream: what was asked. */
  public String open(ReceiptDraft draft) {
    String jws = signOpen(draft);
    opened(draft, jws);
    return jws;
  }

  /** Signs the first receipt of a stream that may not come: {@link #opened} says that it does. */
  public String signOpen(ReceiptDraft draft) {
    return sign(new TreeMap<>(draft.members()), "open");
  }

  /** The receipt of {@link #signOpen} is given out. */
  public void opened(ReceiptDraft draft, String jws) {
    draft.open(ReceiptHash.plain(jws));
    keep(draft.id(), Optional.empty());
  }

  /**
   * The final receipt of an answer. Where there is a log, it is in it when this returns; if it
   * cannot be written, the receipt says so.
   *
   * @throws ReceiptUnavailableException if it cannot be written, and must be: the answer must not
   *     be given out
   */
  public String finish(ReceiptDraft draft) {
    Map<String, Json> members = new TreeMap<>(draft.members());
    String jws = null;
    if (log != null && draft.kind().chained()) {
      try {
        jws =
            log.append(
                draft.id(),
                link -> {
                  link.addTo(members);
                  return sign(members, "final");
                });
      } catch (IOException e) {
        complain(e);
        if (required) {
          failedAt = clock.millis();
          throw new ReceiptUnavailableException(e);
        }
        return finishUnlogged(draft);
      }
    }
    if (jws == null) {
      jws = sign(members, "final");
    }
    keep(draft.id(), Optional.of(jws));
    return jws;
  }

  /** The final receipt of what is said instead of an answer whose receipt cannot be logged. */
  public String finishUnlogged(ReceiptDraft draft) {
    Map<String, Json> members = new TreeMap<>(draft.members());
    members.put("log", new Json.Str("failed"));
    String jws = sign(members, "final");
    keep(draft.id(), Optional.of(jws));
    return jws;
  }

  private String sign(Map<String, Json> members, String phase) {
    members.put("phase", new Json.Str(phase));
    members.put("iat", new Json.Int(clock.instant().getEpochSecond()));
    String jws = Jws.sign(header, CanonicalJson.write(new Json.Obj(members)), key);
    for (String field : List.of("params", "ms", "krn")) {
      if (jws.length() <= Jws.MAX_LENGTH) {
        break;
      }
      members.remove(field);
      jws = Jws.sign(header, CanonicalJson.write(new Json.Obj(members)), key);
    }
    return jws;
  }

  /** Once a minute: a full disk would otherwise be filled by its own log. */
  private void complain(IOException e) {
    long now = clock.millis();
    lock.lock();
    try {
      if (now - lastComplaint < COMPLAINT_MILLIS) {
        return;
      }
      lastComplaint = now;
    } finally {
      lock.unlock();
    }
    LOG.log(Level.ERROR, "a receipt could not be written to the audit log: {0}", e.getMessage());
  }

  private void keep(String id, Optional<String> jws) {
    long now = clock.millis();
    lock.lock();
    try {
      kept.remove(id);
      kept.put(id, new Kept(jws, now));
      var oldest = kept.values().iterator();
      while (oldest.hasNext()) {
        boolean old = now - oldest.next().at() > KEPT_MILLIS;
        if (!old && kept.size() <= KEPT) {
          break;
        }
        oldest.remove();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The receipt of this name. */
  public Found find(String id) {
    Kept found;
    lock.lock();
    try {
      found = kept.get(id);
    } finally {
      lock.unlock();
    }
    if (found != null) {
      return found.jws().<Found>map(Found.Receipt::new).orElseGet(Found.Open::new);
    }
    try {
      Optional<String> logged = log == null ? Optional.empty() : log.find(id);
      return logged.<Found>map(Found.Receipt::new).orElseGet(Found.Unknown::new);
    } catch (IOException e) {
      complain(e);
      return new Found.Unknown();
    }
  }

  /**
   * Removes from the audit log what need not be kept. For one thread at a time.
   *
   * @return how many segments were removed
   * @throws IOException if the log cannot be read or written
   * @throws ReceiptException if what is to be removed is damaged: it stays
   */
  public int trim(LogRetention retention) throws IOException, ReceiptException {
    return log == null ? 0 : log.trim(retention, key, clock.instant());
  }

  /** The keys that verify receipts, this one first, as a JWK Set (RFC 7517, RFC 8037). */
  public byte[] keySet() {
    List<Json> keys = new ArrayList<>();
    keys.add(jwk(key.publicKey()));
    retired.stream().filter(old -> !old.equals(key.publicKey())).forEach(old -> keys.add(jwk(old)));
    return CanonicalJson.write(new Json.Obj(Map.of("keys", new Json.Arr(keys))));
  }

  private static Json jwk(VerifyingKey key) {
    String x = Base64.getUrlEncoder().withoutPadding().encodeToString(key.raw());
    return new Json.Obj(
        Map.of(
            "kty", new Json.Str("OKP"),
            "crv", new Json.Str("Ed25519"),
            "x", new Json.Str(x),
            "kid", new Json.Str(key.id()),
            "use", new Json.Str("sig"),
            "alg", new Json.Str("EdDSA")));
  }

  @Override
  public void close() {
    if (log != null) {
      log.close();
    }
  }
}
