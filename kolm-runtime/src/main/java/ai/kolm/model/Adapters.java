package ai.kolm.model;

import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Panels;
import ai.kolm.model.AdapterWeights.Changes;
import ai.kolm.model.AdapterWeights.Site;
import ai.kolm.source.LoraAdapter;
import ai.kolm.weights.ModelFormatException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The adapters of a model, and which rows of the batch each is for. A change is computed beside the
 * product it changes, y += scale * B (A x), for the rows of its requests only: the base's weights
 * are shared by all. Where all rows of a batch have one adapter, they are taken where they lie;
 * else they are gathered. Either way each element is the same chain of multiply-adds, so answers do
 * not depend on what else is in the batch.
 *
 * <p>One thread at a time.
 */
final class Adapters {
  /** The slot of {@link #gathered}, which no weights ask for. */
  private static final int GATHERED = -1;

  private final ModelConfig config;
  private final Kernels kernels;
  private final int batchTokens;
  private final Arena arena;
  private final Map<String, AdapterWeights> byDigest = new HashMap<>();

  /** Scratch by width; several of one width are told apart by a slot. */
  private final Map<Long, Panels> scratch = new HashMap<>();

  /** By site: its input, of some rows; none as long as there is no adapter. */
  private final Panels[] gathered = new Panels[Site.values().length];

  /** Rows of the batch with one adapter. */
  private record Run(AdapterWeights weights, int[] rows, boolean all) {}

  private List<Run> runs = List.of();

  /**
   * @param batchTokens the most rows
   * @param arena owns the memory
   */
  Adapters(ModelConfig config, Kernels kernels, int batchTokens, Arena arena) {
    this.config = config;
    this.kernels = kernels;
    this.batchTokens = batchTokens;
    this.arena = arena;
  }

  /** Adds an adapter; one of the same content may be there already. */
  void add(LoraAdapter adapter) throws ModelFormatException {
    if (byDigest.containsKey(adapter.digest())) {
      return;
    }
    for (Site site : Site.values()) {
      gathered[AdapterWeights.index(site)] = scratch(site.inputs(config), GATHERED);
    }
    AdapterWeights weights = AdapterWeights.load(adapter, config, kernels, arena, this::scratch);
    byDigest.put(adapter.digest(), weights);
  }

  private Panels scratch(int width, int slot) {
    return scratch.computeIfAbsent(
        ((long) width << Integer.SIZE) | (slot & 0xFFL),
        _ -> Panels.allocate(arena, batchTokens, width));
  }

  /** Whether there is an adapter with this digest. */
  boolean contains(String digest) {
    return byDigest.containsKey(digest);
  }

  /**
   * Says which rows are whose.
   *
   * @throws IllegalArgumentException if a slice names an adapter that is not here
   */
  void begin(Batch batch) {
    if (byDigest.isEmpty() || batch.slices().stream().allMatch(s -> s.adapter().isEmpty())) {
      runs = List.of();
      batch.slices().forEach(Adapters::checkNone);
      return;
    }
    Map<String, List<Integer>> rows = new HashMap<>();
    int at = 0;
    for (Batch.Slice slice : batch.slices()) {
      List<Integer> mine = rows.computeIfAbsent(slice.adapter(), _ -> new ArrayList<>());
      for (int i = 0; i < slice.tokens().length; i++) {
        mine.add(at++);
      }
    }
    rows.remove("");
    List<Run> found = new ArrayList<>();
    for (Map.Entry<String, List<Integer>> one : rows.entrySet()) {
      AdapterWeights weights = byDigest.get(one.getKey());
      if (weights == null) {
        throw new IllegalArgumentException("no adapter " + one.getKey());
      }
      int[] indices = one.getValue().stream().mapToInt(i -> i).toArray();
      found.add(new Run(weights, indices, indices.length == at));
    }
    runs = found;
  }

  private static void checkNone(Batch.Slice slice) {
    if (!slice.adapter().isEmpty()) {
      throw new IllegalArgumentException("no adapter " + slice.adapter());
    }
  }

  /** Whether no row of the batch has an adapter. */
  boolean areIdle() {
    return runs.isEmpty();
  }

  /**
   * Adds the changes of a site to its products.
   *
   * @param x (rows, inputs)
   * @param y the products of the site
   */
  void apply(int layer, Site site, Panels x, Panels[] y) {
    for (Run run : runs) {
      Changes changes = run.weights().layers()[layer][AdapterWeights.index(site)];
      if (changes != null) {
        Panels own = gathered[AdapterWeights.index(site)];
        apply(run, changes, run.all() ? x : gather(run, x, own), y);
      }
    }
  }

  private static Panels gather(Run run, Panels x, Panels into) {
    into.reshape(run.rows().length);
    for (int i = 0; i < run.rows().length; i++) {
      into.copyRowOf(x, run.rows()[i], i);
    }
    return into;
  }

  private void apply(Run run, Changes changes, Panels x, Panels[] y) {
    kernels.multiply(x, changes.a(), changes.low());
    for (int i = 0; i < changes.products().length; i++) {
      Panels product = y[changes.products()[i]];
      kernels.multiply(changes.low()[i], changes.b()[i], changes.change()[i]);
      Panels change = changes.change()[i][0];
      if (run.all()) {
        kernels.add(product, change, run.weights().scale());
      } else {
        scatter(run, change, product);
      }
    }
  }

  /** As {@link Kernels#add}, bit for bit, for some rows. */
  private void scatter(Run run, Panels added, Panels product) {
    float scale = run.weights().scale();
    for (int i = 0; i < run.rows().length; i++) {
      int target = run.rows()[i];
      for (int c = 0; c < product.width(); c++) {
        product.set(target, c, Math.fma(scale, added.get(i, c), product.get(target, c)));
      }
    }
  }
}
