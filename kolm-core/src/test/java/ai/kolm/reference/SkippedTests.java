package ai.kolm.reference;

import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/** Prints at the end of a module's tests how many were skipped, and why. */
public final class SkippedTests implements TestExecutionListener {
  private final Map<String, Integer> reasons = new TreeMap<>();

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == Status.ABORTED) {
      count(result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
    }
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    count(reason);
  }

  private synchronized void count(String reason) {
    reasons.merge(reason, 1, Integer::sum);
  }

  @Override
  public synchronized void testPlanExecutionFinished(TestPlan plan) {
    reasons.forEach(
        (reason, n) -> System.out.printf("SKIPPED %d test(s) or class(es): %s%n", n, reason));
    reasons.clear();
  }
}
