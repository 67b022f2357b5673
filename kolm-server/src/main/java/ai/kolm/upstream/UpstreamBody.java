package ai.kolm.upstream;

import ai.kolm.upstream.UpstreamException.Reason;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, taken piece by piece. The next piece is asked for when the last one has
 * been taken, so that a slow client slows the provider down and nothing piles up here. One thread
 * takes; any may cancel.
 */
final class UpstreamBody implements BodySubscriber<UpstreamBody> {
  private final Duration idle;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>();
  private Flow.@Nullable Subscription subscription;
  private @Nullable Throwable failure;
  private boolean asked;
  private boolean ended;
  private boolean cancelled;

  UpstreamBody(Duration idle) {
    this.idle = idle;
  }

  /** At once: the head shall not wait for the body. */
  @Override
  public CompletionStage<UpstreamBody> getBody() {
    return CompletableFuture.completedFuture(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription newSubscription) {
    lock.lock();
    try {
      subscription = newSubscription;
      if (cancelled) {
        newSubscription.cancel();
      } else {
        asked = true;
        newSubscription.request(1);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    lock.lock();
    try {
      pieces.addAll(buffers);
      asked = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onError(Throwable newFailure) {
    lock.lock();
    try {
      failure = newFailure;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onComplete() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The next piece; {@code null} at the end. */
  @Nullable ByteBuffer next() throws UpstreamException {
    lock.lock();
    try {
      long left = idle.toNanos();
      while (true) {
        ByteBuffer piece = pieces.poll();
        if (piece != null) {
          return piece;
        }
        if (cancelled) {
          throw new UpstreamException(
              Reason.CANCELLED, "cancelled", new IllegalStateException("cancelled"));
        }
        Throwable failed = failure;
        if (failed != null) {
          throw new UpstreamException(Reason.BROKEN, "the provider broke off its answer", failed);
        }
        if (ended) {
          return null;
        }
        if (!asked && subscription != null) {
          asked = true;
          subscription.request(1);
          continue;
        }
        left = changed.awaitNanos(left);
        if (left <= 0) {
          throw new UpstreamException(
              Reason.TIMEOUT,
              "the provider sent nothing for " + idle.toSeconds() + " s",
              new TimeoutException());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UpstreamException(Reason.CANCELLED, "interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /** Whether there was something to cancel: after the end, the connection is somebody else's. */
  boolean cancel() {
    lock.lock();
    try {
      cancelled = true;
      pieces.clear();
      if (subscription != null && !ended) {
        subscription.cancel();
      }
      changed.signalAll();
      return !ended;
    } finally {
      lock.unlock();
    }
  }
}
