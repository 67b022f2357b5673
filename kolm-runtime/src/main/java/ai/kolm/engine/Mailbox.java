package ai.kolm.engine;

import java.util.ArrayList;
import java.util.List;

/** Messages to a thread, each an action it runs. Safe for use by many threads. */
final class Mailbox {
  private List<Runnable> messages = new ArrayList<>();
  private boolean shut;

  /** Leaves a message; {@code false}, without effect, once the mailbox is shut. */
  synchronized boolean post(Runnable message) {
    if (!shut) {
      messages.add(message);
      notifyAll();
    }
    return !shut;
  }

  /** Takes all messages; if told to, waits until there is one. */
  synchronized List<Runnable> take(boolean wait) throws InterruptedException {
    while (wait && messages.isEmpty()) {
      wait();
    }
    List<Runnable> taken = messages;
    messages = new ArrayList<>();
    return taken;
  }

  /** Drops all messages and refuses those that follow. */
  synchronized void shut() {
    shut = true;
    messages.clear();
  }
}
