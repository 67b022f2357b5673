package ai.kolm.server;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** One model of a {@link ModelLibrary}, from the moment it is asked for; guarded by its lock. */
final class LibraryBook {
  private final String id;
  private final Path file;
  private final FileStamp stamp;

  /** Completed by the thread that loads. */
  private final CompletableFuture<OpenModel> loading = new CompletableFuture<>();

  /** Of the other files that it runs on; written before {@link #loading} is complete. */
  private final Map<Path, FileStamp> others = new HashMap<>();

  /** Requests that use it or wait for it. */
  private int leases;

  private long bytes;
  private long lastUse;
  private long failedAt;

  LibraryBook(String id, Path file, FileStamp stamp, long bytes) {
    this.id = id;
    this.file = file;
    this.stamp = stamp;
    this.bytes = bytes;
  }

  String id() {
    return id;
  }

  Path file() {
    return file;
  }

  FileStamp stamp() {
    return stamp;
  }

  CompletableFuture<OpenModel> loading() {
    return loading;
  }

  /** The model; only when loading has succeeded. */
  OpenModel model() {
    return loading.join();
  }

  boolean isLoaded() {
    return loading.isDone() && !loading.isCompletedExceptionally();
  }

  /** Whether nobody uses it, so that it may be closed. */
  boolean isIdle() {
    return leases == 0 && loading.isDone();
  }

  /** A request uses it. */
  void take() {
    leases++;
    lastUse = System.nanoTime();
  }

  void leave() {
    leases--;
  }

  /** When a request took it last. */
  long lastUse() {
    return lastUse;
  }

  /** Memory that it takes, or that is kept for it while it is loaded. */
  long bytes() {
    return bytes;
  }

  void loaded(long newBytes) {
    bytes = newBytes;
  }

  void failed() {
    bytes = 0;
    failedAt = System.nanoTime();
  }

  /** Whether loading it failed longer than {@code nanos} ago: it may be tried again. */
  boolean failedBefore(long nanos) {
    return loading.isCompletedExceptionally() && System.nanoTime() - failedAt > nanos;
  }

  void watch(Path other) throws IOException {
    others.put(other, FileStamp.of(other));
  }

  /** Whether somebody wrote to a file that it runs on. */
  boolean isOverwritten() {
    if (isOverwritten(file, stamp)) {
      return true;
    }
    return isLoaded()
        && others.entrySet().stream().anyMatch(e -> isOverwritten(e.getKey(), e.getValue()));
  }

  private static boolean isOverwritten(Path path, FileStamp opened) {
    try {
      return opened.overwrittenBy(FileStamp.of(path));
    } catch (IOException e) {
      return false; // it has another place, or none; what is mapped stays
    }
  }
}
