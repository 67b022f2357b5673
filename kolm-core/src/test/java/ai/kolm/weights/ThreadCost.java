package ai.kolm.weights;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What the current thread has cost so far. */
public final class ThreadCost {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private ThreadCost() {}

  /** Processor time in nanoseconds; not the clock's, as other processes may be busy too. */
  public static long nanos() {
    return THREADS.getCurrentThreadCpuTime();
  }

  /** Bytes allocated on the heap. */
  public static long bytes() {
    return THREADS.getCurrentThreadAllocatedBytes();
  }
}
