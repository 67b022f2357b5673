package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Serves every model of a {@link ModelShelf}, loading each when it is first asked for.
 *
 * <p>A request has a lease, and a model with a lease is not unloaded. Loading runs in a thread of
 * its own while other models answer. Before it begins, models that nobody uses are unloaded, least
 * recently used first, until the memory is enough; if it is not because others answer, the request
 * is told to come again.
 *
 * <p>At each lease the file is looked at. If another was put in its place, that one is loaded, and
 * running answers end on the old one, whose memory stays mapped. If somebody wrote into the very
 * file that is mapped, what is answered from it is worth nothing: running answers are withheld, the
 * file is verified anew, and the model answers "unavailable" if it is no longer what was signed.
 */
public final class ModelLibrary extends ServedModels implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("ai.kolm.server");

  /** What a model needs beside its weights to be of any use. */
  private static final long LEAST_CACHE = 64L << 20;

  /** A failure is remembered that long, so that nobody can have a broken file hashed all day. */
  private static final long REMEMBERED = Duration.ofSeconds(10).toNanos();

  private static final String CLOSING = "The server is shutting down.";

  private final ModelShelf shelf;
  private final LibraryCatalog catalog;
  private final long memory;
  private final Duration wait;
  private final ReentrantLock lock = new ReentrantLock();

  /** A model was loaded, or has one user less. */
  private final Condition changed = lock.newCondition();

  private final Map<String, LibraryBook> books = new HashMap<>();

  /** No longer to be had, but still in use; their memory counts. */
  private final Set<LibraryBook> retired = new HashSet<>();

  /** Ids whose file was overwritten while it was served. */
  private final Set<String> damaged = new HashSet<>();

  private boolean closed;

  /**
   * @param shelf where models are
   * @param memory bytes for all loaded models together
   * @param wait how long a request waits for a model that is being loaded
   */
  public ModelLibrary(ModelShelf shelf, long memory, Duration wait) {
    this.shelf = shelf;
    this.catalog = new LibraryCatalog(shelf);
    this.memory = memory;
    this.wait = wait;
  }

  @Override
  public List<ModelEntry> list() {
    return catalog.list();
  }

  @Override
  List<ServedModel> loaded() {
    lock.lock();
    try {
      return books.values().stream()
          .filter(LibraryBook::isLoaded)
          .map(book -> book.model().model())
          .toList();
    } finally {
      lock.unlock();
    }
  }

  @Override
  ModelEntry find(String name) throws RefusedException {
    ModelName wanted = ModelName.of(name);
    Path file = catalog.file(wanted).orElseThrow(() -> RefusedException.noModel(name));
    String id = String.valueOf(file.getFileName());
    try {
      return catalog.entry(file, wanted).orElseThrow(() -> RefusedException.noModel(name));
    } catch (IOException | ModelFormatException e) {
      throw refusal(id, e);
    }
  }

  /** What is known of a model on the shelf; empty if there is none of that name. */
  public Optional<ModelEntry> entry(String name) {
    try {
      return Optional.of(find(name));
    } catch (RefusedException e) {
      return Optional.empty();
    }
  }

  @Override
  ModelLease lease(String name) throws RefusedException {
    ModelName wanted = ModelName.of(name);
    Path file = catalog.file(wanted).orElseThrow(() -> RefusedException.noModel(name));
    LibraryBook book = take(file);
    boolean leased = false;
    try {
      OpenModel opened = await(book);
      Optional<String> adapter = wanted.adapter();
      ServedModel model = adapter.isEmpty() ? opened.model() : opened.adapters().get(adapter.get());
      if (model == null) {
        throw RefusedException.noModel(name);
      }
      leased = true;
      return new LibraryLease(book, model, () -> giveBack(book));
    } finally {
      if (!leased) {
        giveBack(book);
      }
    }
  }

  /**
   * Loads a model before anybody asks for it.
   *
   * @throws IOException if it cannot be read
   * @throws ModelFormatException if it is refused
   */
  public ServedModel preload(Path file) throws IOException, ModelFormatException {
    LibraryBook book;
    try {
      book = take(file);
    } catch (RefusedException e) {
      throw new IOException(e.getMessage(), e);
    }
    try {
      return book.loading().get().model();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException io -> throw io;
        case ModelFormatException format -> throw format;
        case RuntimeException other -> throw other;
        case Error error -> throw error;
        case null, default -> throw new IOException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    } finally {
      giveBack(book);
    }
  }

  /** The model of a file, loaded or loading, with one lease more. */
  private LibraryBook take(Path file) throws RefusedException {
    String id = String.valueOf(file.getFileName());
    List<LibraryBook> unloaded = new ArrayList<>();
    lock.lock();
    try {
      long patience = wait.toNanos();
      Optional<LibraryBook> book = find(id, file, unloaded);
      while (book.isEmpty()) {
        if (patience <= 0) {
          throw new RefusedException(
              Reason.LOADING, "There is no memory for this model now; try again soon.");
        }
        patience = changed.awaitNanos(patience);
        book = find(id, file, unloaded);
      }
      return book.get();
    } catch (IOException e) {
      throw refusal(id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException(Reason.CLOSING, CLOSING);
    } finally {
      lock.unlock();
      unloaded.forEach(ModelLibrary::close);
    }
  }

  /**
   * The book of a file, with one lease more; a new one if need be.
   *
   * @param unloaded gets what must be closed when the lock is free
   * @return empty if there is no memory for a new one
   */
  private Optional<LibraryBook> find(String id, Path file, List<LibraryBook> unloaded)
      throws IOException, RefusedException {
    if (closed) {
      throw new RefusedException(Reason.CLOSING, CLOSING);
    }
    FileStamp now = FileStamp.of(file);
    LibraryBook book = books.get(id);
    if (book == null || !isCurrent(book, now)) {
      if (book != null) {
        retire(book, unloaded);
      }
      List<LibraryBook> displaced = new ArrayList<>();
      if (!makeRoom(now.size() + LEAST_CACHE, displaced)) {
        return Optional.empty();
      }
      LibraryBook fresh = new LibraryBook(id, file, now, Math.max(left(), 0));
      books.put(id, fresh);
      Thread.ofPlatform().daemon().name("kolm-load-" + id).start(() -> load(fresh, displaced));
      book = fresh;
    }
    book.take();
    return Optional.of(book);
  }

  /** Whether a book is of the file that is there now, and can be used or says why not. */
  private boolean isCurrent(LibraryBook book, FileStamp now) {
    if (book.isLoaded() && book.isOverwritten()) {
      damaged.add(book.id());
      LOG.log(Level.ERROR, "{0} was written to while it was served: file_changed", book.id());
      return false;
    }
    boolean dead = book.isLoaded() && book.model().model().chat().engine().hasFailed();
    return book.stamp().equals(now) && !dead && !book.failedBefore(REMEMBERED);
  }

  /** Takes a book from those that can be had; its model is closed when nobody uses it. */
  private void retire(LibraryBook book, List<LibraryBook> unloaded) {
    books.remove(book.id(), book);
    if (book.isIdle()) {
      unloaded.add(book);
    } else {
      retired.add(book);
    }
  }

  /**
   * Takes away models that nobody uses until {@code least} bytes are free. A model that needs more
   * than there is may be alone.
   */
  private boolean makeRoom(long least, List<LibraryBook> displaced) {
    List<LibraryBook> idle =
        books.values().stream()
            .filter(book -> book.isIdle() && book.bytes() > 0)
            .sorted(Comparator.comparingLong(LibraryBook::lastUse))
            .toList();
    long possible = left() + idle.stream().mapToLong(LibraryBook::bytes).sum();
    if (possible < Math.min(least, memory)) {
      return false;
    }
    for (LibraryBook book : idle) {
      if (left() >= Math.min(least, memory)) {
        break;
      }
      retire(book, displaced);
    }
    return true;
  }

  private long left() {
    long used = retired.stream().mapToLong(LibraryBook::bytes).sum();
    return memory - used - books.values().stream().mapToLong(LibraryBook::bytes).sum();
  }

  private void load(LibraryBook book, List<LibraryBook> unloaded) {
    unloaded.forEach(ModelLibrary::close);
    try {
      OpenModel model = shelf.open(book.file(), book.bytes());
      try {
        for (Path other : model.files()) {
          book.watch(other);
        }
      } catch (IOException | RuntimeException e) {
        model.close().run();
        throw e;
      }
      finish(
          book,
          () -> {
            damaged.remove(book.id());
            book.loaded(model.bytes());
            book.loading().complete(model);
          });
    } catch (IOException | ModelFormatException | RuntimeException | Error e) {
      LOG.log(Level.WARNING, "cannot load {0}: {1}", book.id(), e.toString());
      finish(
          book,
          () -> {
            book.failed();
            book.loading().completeExceptionally(e);
          });
    }
  }

  /** Loading or reading is over; whoever waits is told under the lock, so that they see it. */
  private void finish(LibraryBook book, Runnable outcome) {
    boolean close;
    lock.lock();
    try {
      outcome.run();
      close = book.isIdle() && retired.remove(book);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (close) {
      close(book);
    }
  }

  private OpenModel await(LibraryBook book) throws RefusedException {
    try {
      return book.loading().get(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new RefusedException(Reason.LOADING, "The model is still loading; try again soon.");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException(Reason.CLOSING, CLOSING);
    } catch (ExecutionException e) {
      throw refusal(book.id(), e.getCause());
    }
  }

  /** How a request is refused for a model that cannot be opened. */
  private RefusedException refusal(String id, @Nullable Throwable failure) {
    lock.lock();
    try {
      if (damaged.contains(id)) {
        return RefusedException.damaged(id);
      }
    } finally {
      lock.unlock();
    }
    return RefusedException.unusable(id, failure);
  }

  private void giveBack(LibraryBook book) {
    finish(book, book::leave);
  }

  private static void close(LibraryBook book) {
    if (book.isLoaded()) {
      book.model().close().run();
    }
  }

  /** Unloads all models, those in use when they are given back. Nothing is loaded any more. */
  @Override
  public void close() {
    List<LibraryBook> unloaded = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      List.copyOf(books.values()).forEach(book -> retire(book, unloaded));
    } finally {
      lock.unlock();
    }
    unloaded.forEach(ModelLibrary::close);
  }
}
