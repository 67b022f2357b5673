package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.anonymize.PseudonymKey;
import ai.kolm.journal.Journal;
import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * Writes records: a journal for each namespace, in {@code captures/<namespace>}, with {@code
 * meta.json} beside it. One process at a time has a namespace. Safe for use by many threads.
 */
public final class CaptureStore implements AutoCloseable {
  private static final long DAY_MILLIS = 86_400_000L;

  private final CaptureHome home;
  private final Options options;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Opened> opened = new HashMap<>();

  /**
   * How to store.
   *
   * @param durability what an acknowledged record survives
   * @param protection how records of new namespaces are kept; older ones must be kept as well
   * @param retentionDays after how many days records are deleted; 0: never
   */
  public record Options(Journal.Durability durability, Protection protection, int retentionDays) {
    /** Survives kill -9; not encrypted; 30 days. */
    public static final Options DEFAULT = new Options(Journal.Durability.KILL, Protection.NONE, 30);

    /** Checks the retention. */
    public Options {
      if (retentionDays < 0) {
        throw new IllegalArgumentException("retention must not be negative: " + retentionDays);
      }
    }
  }

  /** Who can read the records of a namespace. */
  public enum Protection {
    /** Whoever can read the files. */
    NONE,
    /** Whoever has the capture key. */
    KEY,
    /** Whoever knows the passphrase. */
    PASSPHRASE
  }

  /** A namespace that this process has. */
  private static final class Opened {
    private final Path directory;
    private final NamespaceKeys keys;
    private final Journal journal;
    private NamespaceMeta meta;

    Opened(Path directory, NamespaceKeys keys, Journal journal, NamespaceMeta meta) {
      this.directory = directory;
      this.keys = keys;
      this.journal = journal;
      this.meta = meta;
    }
  }

  /** A store in the directory of kolm; nothing is opened before it is needed. */
  public CaptureStore(CaptureHome home, Options options) {
    this.home = home;
    this.options = options;
  }

  /**
   * Opens a namespace, which is made if there is none.
   *
   * @throws ai.kolm.journal.JournalInUseException if another process has it
   */
  public void open(String namespace) throws IOException, CaptureException {
    lock.lock();
    try {
      opened(namespace);
    } finally {
      lock.unlock();
    }
  }

  private Opened opened(String namespace) throws IOException, CaptureException {
    Opened known = opened.get(namespace);
    if (known != null) {
      return known;
    }
    Path directory = home.namespace(namespace);
    Journal journal = Journal.open(directory, options.durability());
    boolean done = false;
    try {
      Opened fresh =
          Files.exists(directory.resolve(CaptureHome.META))
              ? known(directory, journal)
              : created(directory, namespace, journal);
      opened.put(namespace, fresh);
      done = true;
      return fresh;
    } finally {
      if (!done) {
        journal.close();
      }
    }
  }

  private Opened known(Path directory, Journal journal) throws IOException, CaptureException {
    NamespaceMeta meta = NamespaceMeta.read(directory);
    boolean weaker =
        switch (options.protection()) {
          case NONE -> false;
          case KEY -> !meta.encrypted();
          case PASSPHRASE -> meta.passphrase().isEmpty();
        };
    if (weaker) {
      throw new CaptureException(
          CaptureException.Reason.KEY,
          "namespace \"%s\" was made without %s: take a new one, with --namespace"
              .formatted(meta.name(), meta.encrypted() ? "a passphrase" : "encryption"));
    }
    return new Opened(directory, NamespaceKeys.unwrap(home.master(meta), meta), journal, meta);
  }

  private Opened created(Path directory, String namespace, Journal journal)
      throws IOException, CaptureException {
    boolean encrypted = options.protection() != Protection.NONE;
    Optional<PassphraseKey> passphrase = Optional.empty();
    byte[] master;
    if (options.protection() == Protection.PASSPHRASE) {
      PassphraseKey scrypt = PassphraseKey.fresh();
      master = scrypt.master(home.passphrase().of(namespace, true));
      passphrase = Optional.of(scrypt);
    } else {
      master = CaptureKey.readOrCreate(home.keyFile());
    }
    NamespaceMeta meta =
        new NamespaceMeta(
            namespace,
            System.currentTimeMillis(),
            NamespaceKeys.create(master, namespace),
            passphrase,
            encrypted,
            options.retentionDays(),
            false,
            0,
            0);
    meta.write(directory);
    return new Opened(directory, NamespaceKeys.unwrap(master, meta), journal, meta);
  }

  /** The key that decides surrogates of a namespace. */
  PseudonymKey pseudonyms(String namespace) throws IOException, CaptureException {
    lock.lock();
    try {
      return opened(namespace).keys.pseudonyms();
    } finally {
      lock.unlock();
    }
  }

  /** Appends a record; when this returns, it is acknowledged. */
  void append(CaptureRecord record) throws IOException, CaptureException {
    Opened to;
    lock.lock();
    try {
      to = opened(record.text("ns"));
    } finally {
      lock.unlock();
    }
    byte[] text = JsonText.of(record.json()).getBytes(UTF_8);
    to.journal.append(to.meta.encrypted() ? sealed(to, record.id(), text) : text);
  }

  private static byte[] sealed(Opened to, String id, byte[] text) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("v", new Json.Int(1));
    members.put("id", new Json.Str(id));
    String name = CaptureReader.name(to.meta.name(), id);
    members.put("enc", new Json.Str(to.keys.records().encrypt(text, name)));
    return JsonText.of(new Json.Obj(members)).getBytes(UTF_8);
  }

  /** Adds to what is known of a namespace. */
  void count(String namespace, long optedOut, long lost) throws IOException, CaptureException {
    lock.lock();
    try {
      Opened to = opened(namespace);
      NamespaceMeta more = to.meta.withCounts(optedOut, lost);
      more.write(to.directory);
      to.meta = more;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Deletes records of a namespace: no byte of them is left in the store when this returns.
   *
   * @param which records go
   * @return how many
   * @throws CaptureException {@code HOLD} if the namespace is on hold
   */
  public int delete(String namespace, Predicate<CaptureRecord> which)
      throws IOException, CaptureException {
    lock.lock();
    try {
      NamespaceMeta.read(home.namespace(namespace)); // not made if it is not there
      Opened in = opened(namespace);
      refuseHold(in.meta);
      return in.journal.remove(
          payload ->
              CaptureReader.parse(payload, in.meta.name(), in.keys.records())
                  .map(record -> !which.test(record))
                  .orElse(true));
    } finally {
      lock.unlock();
    }
  }

  private static void refuseHold(NamespaceMeta meta) throws CaptureException {
    if (meta.hold()) {
      throw new CaptureException(
          CaptureException.Reason.HOLD,
          "namespace \"%s\" is on hold; kolm captures hold %s --release ends it"
              .formatted(meta.name(), meta.name()));
    }
  }

  /** Deletes a namespace, its key first. */
  public void delete(String namespace) throws IOException, CaptureException {
    lock.lock();
    try {
      Path directory = home.namespace(namespace);
      NamespaceMeta.read(directory);
      Opened in = opened(namespace);
      refuseHold(in.meta);
      opened.remove(namespace);
      in.journal.close();
      Files.delete(directory.resolve(CaptureHome.META));
      Journal.delete(directory);
      Files.delete(directory);
    } finally {
      lock.unlock();
    }
  }

  /** Puts a namespace on hold, or ends that. */
  public void hold(String namespace, boolean hold) throws IOException, CaptureException {
    lock.lock();
    try {
      NamespaceMeta.read(home.namespace(namespace));
      Opened in = opened(namespace);
      in.meta = in.meta.withHold(hold);
      in.meta.write(in.directory);
    } finally {
      lock.unlock();
    }
  }

  /** Deletes what is older than the retention, in the namespaces that are open. */
  int expire(long now) throws IOException, CaptureException {
    lock.lock();
    try {
      int deleted = 0;
      for (Opened in : opened.values()) {
        int days = in.meta.retentionDays();
        if (days > 0 && !in.meta.hold()) {
          long oldest = now - days * DAY_MILLIS;
          deleted += delete(in.meta.name(), record -> record.time() < oldest);
        }
      }
      return deleted;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the disk takes something that is about as large as a record. */
  boolean canWrite(String namespace) {
    try {
      Path directory = home.namespace(namespace);
      Files.createDirectories(directory);
      Path probe = Files.createTempFile(directory, ".probe", ".tmp");
      try {
        Files.write(probe, new byte[1 << 16]);
      } finally {
        Files.deleteIfExists(probe);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      for (Opened in : opened.values()) {
        in.journal.close();
      }
      opened.clear();
    } finally {
      lock.unlock();
    }
  }
}
