package ai.kolm.model;

import ai.kolm.kernels.Panels;
import java.util.Arrays;

/**
 * The columns of a row of logits that somebody is going to read: all, or those of some panels, the
 * 32 outputs that are computed together. Reused from step to step; for one thread at a time.
 *
 * <p>Usage: {@link #clear}, then {@link #add} whatever will be read. Where that turns out to be in
 * so many panels that leaving out the others would save little, all are wanted.
 */
public final class LogitColumns {
  /**
   * At most one panel in so many is computed for a row alone. Rows of which everything is wanted
   * share the weights they read: among sixteen of them, one costs about as much as an eighth of the
   * panels alone.
   */
  private static final int SHARE = 8;

  private static final int WORD_PANELS = Long.SIZE / Panels.WIDTH;

  private final int most;
  private int[] panels = new int[8];
  private int count;
  private boolean all = true;

  /**
   * All columns.
   *
   * @param vocabularySize how many there are
   */
  public LogitColumns(int vocabularySize) {
    most = Panels.roundUp(vocabularySize) / Panels.WIDTH / SHARE;
  }

  /** Wants all. */
  public void addAll() {
    all = true;
  }

  /** Wants none. */
  public void clear() {
    all = false;
    count = 0;
  }

  /**
   * Wants the columns {@code 64 * word + i} of all bits i. Words come in ascending order, each once
   * at most.
   */
  public void add(int word, long bits) {
    if ((bits & 0xFFFF_FFFFL) != 0) {
      addPanel(WORD_PANELS * word);
    }
    if (bits >>> Panels.WIDTH != 0) {
      addPanel(WORD_PANELS * word + 1);
    }
  }

  private void addPanel(int panel) {
    if (all) {
      return;
    }
    if (count == most) {
      all = true;
      return;
    }
    if (count == panels.length) {
      panels = Arrays.copyOf(panels, 2 * count);
    }
    panels[count++] = panel;
  }

  /** Whether all are wanted. */
  public boolean all() {
    return all;
  }

  /** The panels, the first {@link #count}, ascending; of no meaning where {@link #all} holds. */
  int[] panels() {
    return panels;
  }

  int count() {
    return count;
  }
}
