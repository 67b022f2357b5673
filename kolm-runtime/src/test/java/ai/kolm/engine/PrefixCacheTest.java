package ai.kolm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.engine.SchedulerWorld.Job;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PrefixCacheTest {
  private static final int BLOCK = 3;

  private static Sequence sequence(CacheScope scope, int... tokens) {
    return new Job(tokens, 1, 1000, tokens.length - 1, scope).sequence();
  }

  /** Runs a prompt: takes what there is, computes the rest. */
  private static Sequence compute(PrefixCache cache, CacheScope scope, int... tokens) {
    Sequence sequence = sequence(scope, tokens);
    cache.attach(sequence, cache.find(sequence));
    while (sequence.computed() < tokens.length) {
      if (sequence.computed() == sequence.blockCount() * BLOCK) {
        sequence.addBlock(cache.allocate());
      }
      sequence.advance(1);
      cache.commit(sequence);
    }
    return sequence;
  }

  private static PrefixCache cache(int blocks) {
    return new PrefixCache(new BlockPool(blocks), BLOCK, true);
  }

  private static int found(PrefixCache cache, CacheScope scope, int... tokens) {
    return cache.find(sequence(scope, tokens)).depth();
  }

  private static int found(PrefixCache cache, int... tokens) {
    return found(cache, CacheScope.COMMON, tokens);
  }

  @Test
  void whatIsComputedIsFoundUpToTheFirstOtherTokenAndNeverTheLastToken() {
    PrefixCache cache = cache(10);
    cache.release(compute(cache, CacheScope.COMMON, 1, 2, 3, 4, 5, 6, 7));
    assertEquals(2, found(cache, 1, 2, 3, 4, 5, 6, 7));
    assertEquals(2, found(cache, 1, 2, 3, 4, 5, 6, 9, 9, 9));
    assertEquals(1, found(cache, 1, 2, 3, 4, 5, 6), "the logits of the last token are wanted");
    assertEquals(1, found(cache, 1, 2, 3, 4, 9, 6, 7));
    assertEquals(0, found(cache, 9, 2, 3, 4, 5, 6, 7));
    assertEquals(10, cache.available());
    assertEquals(2, cache.idle());
  }

  @Test
  void scopesNeverShare() {
    PrefixCache cache = cache(10);
    int[] prompt = {1, 2, 3, 4};
    CacheScope tenant = new CacheScope("a", "");
    CacheScope adapter = new CacheScope("", "a");
    cache.release(compute(cache, tenant, prompt));
    assertEquals(1, found(cache, tenant, prompt));
    assertEquals(0, found(cache, adapter, prompt));
    assertEquals(0, found(cache, new CacheScope("a", "a"), prompt));
    assertEquals(0, found(cache, CacheScope.COMMON, prompt));
    Sequence other = compute(cache, adapter, prompt);
    assertEquals(2, cache.scopes());
    cache.discard(other);
    assertEquals(1, cache.scopes());
  }

  @Test
  void leavesGoBeforeTheirParentsAndTheLongestUnusedFirst() {
    PrefixCache cache = cache(5);
    cache.release(compute(cache, CacheScope.COMMON, 1, 1, 1, 2, 2, 2, 0)); // oldest leaf: 2 2 2
    cache.release(compute(cache, CacheScope.COMMON, 8, 8, 8, 0));
    cache.release(compute(cache, CacheScope.COMMON, 1, 1, 1, 3, 3, 3, 0));
    assertEquals(1, 5 - cache.idle());
    cache.allocate(); // the free one
    cache.allocate();
    assertEquals(1, found(cache, 1, 1, 1, 2, 2, 2, 0));
    assertEquals(1, found(cache, 8, 8, 8, 0));
    cache.allocate();
    assertEquals(0, found(cache, 8, 8, 8, 0));
    assertEquals(2, found(cache, 1, 1, 1, 3, 3, 3, 0));
    cache.allocate();
    assertEquals(1, found(cache, 1, 1, 1, 3, 3, 3, 0));
    cache.allocate();
    assertEquals(0, found(cache, 1, 1, 1, 3, 3, 3, 0));
    assertEquals(0, cache.scopes());
    assertThrows(IllegalStateException.class, cache::allocate);
  }

  @Test
  void whatIsInUseIsNeverGivenUp() {
    PrefixCache cache = cache(3);
    Sequence user = compute(cache, CacheScope.COMMON, 1, 1, 1, 2, 2, 2, 0);
    assertEquals(0, cache.available());
    assertThrows(IllegalStateException.class, cache::allocate);
    cache.release(user);
    Sequence again = sequence(CacheScope.COMMON, 1, 1, 1, 2, 2, 2, 0);
    cache.attach(again, cache.find(again));
    assertEquals(1, cache.available());
    cache.allocate();
    assertThrows(IllegalStateException.class, cache::allocate);
    assertEquals(2, found(cache, 1, 1, 1, 2, 2, 2, 0));
  }

  @Test
  void aBlockComputedTwiceIsKeptOnce() {
    PrefixCache cache = cache(10);
    Sequence one = compute(cache, CacheScope.COMMON, 1, 1);
    Sequence two = compute(cache, CacheScope.COMMON, 1, 1);
    for (Sequence sequence : List.of(one, two)) {
      sequence.append(1);
      sequence.advance(1);
      cache.commit(sequence);
    }
    assertEquals(one.block(0), two.block(0));
    assertEquals(9, cache.available());
    cache.release(one);
    assertEquals(9, cache.available());
    cache.release(two);
    assertEquals(1, cache.idle());
  }

  @Test
  void whatFailedIsForgottenUnlessOthersUseIt() {
    PrefixCache cache = cache(10);
    Sequence failing = compute(cache, CacheScope.COMMON, 1, 1, 1, 2, 2, 2, 0);
    Sequence other = compute(cache, CacheScope.COMMON, 1, 1, 1, 5);
    cache.discard(failing);
    assertEquals(1, found(cache, 1, 1, 1, 2, 2, 2, 0));
    cache.release(other);
    assertEquals(1, cache.idle());
    cache.discard(compute(cache, CacheScope.COMMON, 1, 1, 1, 2, 2, 2, 0));
    assertEquals(0, cache.idle());
    assertEquals(0, cache.scopes());
  }

  @Test
  void aCacheThatKeepsNothingSharesWhileSequencesRun() {
    PrefixCache cache = new PrefixCache(new BlockPool(10), BLOCK, false);
    Sequence one = compute(cache, CacheScope.COMMON, 1, 1, 1, 2, 2, 2, 0);
    Sequence two = compute(cache, CacheScope.COMMON, 1, 1, 1, 2, 2, 2, 0);
    assertEquals(10 - 4, cache.available());
    cache.release(one);
    assertEquals(2, found(cache, 1, 1, 1, 2, 2, 2, 0));
    cache.release(two);
    assertEquals(0, cache.idle() + cache.scopes());
    assertEquals(10, cache.available());
  }

  /** The child with the most in common is beside where the tokens would be. */
  @Test
  void theNearestChildHasTheMostInCommon() {
    Random random = new Random(5);
    for (int round = 0; round < 2000; round++) {
      PrefixNode root = PrefixNode.root(CacheScope.COMMON);
      List<int[]> all = new ArrayList<>();
      for (int i = 0; i < random.nextInt(12); i++) {
        int[] tokens = random.ints(4, 0, 3).toArray();
        if (root.child(tokens) == null) {
          root.add(tokens, i);
          all.add(tokens);
        }
      }
      int[] wanted = random.ints(random.nextInt(5), 0, 3).toArray();
      int best = all.stream().mapToInt(tokens -> common(tokens, wanted)).max().orElse(0);
      PrefixNode nearest = root.nearest(wanted);
      assertEquals(best, nearest == null ? 0 : nearest.common(wanted));
    }
  }

  private static int common(int[] a, int[] b) {
    int i = 0;
    while (i < Math.min(a.length, b.length) && a[i] == b[i]) {
      i++;
    }
    return i;
  }

  /** The same in the plainest terms: a list of prefixes, searched from end to end. */
  private static final class Model {
    static final class Prefix {
      final String scope;
      final List<Integer> tokens;
      int users;
      long left;

      Prefix(String scope, List<Integer> tokens) {
        this.scope = scope;
        this.tokens = tokens;
      }

      boolean isParentOf(Prefix other) {
        return scope.equals(other.scope)
            && other.tokens.size() == tokens.size() + BLOCK
            && other.tokens.subList(0, tokens.size()).equals(tokens);
      }
    }

    final List<Prefix> prefixes = new ArrayList<>();
    long time;

    boolean isLeaf(Prefix prefix) {
      return prefixes.stream().noneMatch(prefix::isParentOf);
    }

    void use(String scope, List<Integer> tokens) {
      Prefix prefix = get(scope, tokens);
      if (prefix == null) {
        prefix = new Prefix(scope, List.copyOf(tokens));
        prefixes.add(prefix);
      }
      prefix.users++;
    }

    @Nullable Prefix get(String scope, List<Integer> tokens) {
      return prefixes.stream()
          .filter(p -> p.scope.equals(scope) && p.tokens.equals(tokens))
          .findFirst()
          .orElse(null);
    }

    void leave(String scope, List<Integer> tokens, int blocks, boolean keep) {
      for (int i = blocks; i > 0; i--) {
        Prefix prefix = Objects.requireNonNull(get(scope, tokens.subList(0, i * BLOCK)));
        prefix.left = ++time;
        if (--prefix.users == 0 && !keep && isLeaf(prefix)) {
          prefixes.remove(prefix);
        }
      }
    }

    void evict() {
      prefixes.stream()
          .filter(p -> p.users == 0 && isLeaf(p))
          .min(Comparator.comparingLong(p -> p.left))
          .ifPresent(prefixes::remove);
    }

    long idle() {
      return prefixes.stream().filter(p -> p.users == 0).count();
    }
  }

  @Test
  void anyOrderOfEventsDoesWhatAListWouldDo() {
    int evictions = 0;
    for (int seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      PrefixCache cache = cache(4 + random.nextInt(12));
      Model model = new Model();
      List<Sequence> live = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        if (live.isEmpty() || random.nextInt(8) == 0) {
          start(cache, model, live, random);
        } else if (random.nextInt(8) > 0) {
          evictions += grow(cache, model, live, random);
        } else {
          end(cache, model, live, random.nextInt(3) > 0, random);
        }
        compare(cache, model, live);
      }
      while (!live.isEmpty()) {
        end(cache, model, live, true, random);
        compare(cache, model, live);
      }
      assertEquals(cache.size(), cache.available());
    }
    assertTrue(evictions > 1000, evictions + " evictions: too few to mean anything");
  }

  private static void start(PrefixCache cache, Model model, List<Sequence> live, Random random) {
    int[] tokens = random.ints(2 + random.nextInt(12), 0, 2).toArray();
    Sequence sequence = sequence(CacheScope.of("s" + random.nextInt(2)), tokens);
    cache.attach(sequence, cache.find(sequence));
    int blocks = sequence.computed() / BLOCK;
    int expected = (tokens.length - 1) / BLOCK;
    while (expected > 0 && model.get(scope(sequence), known(sequence, expected)) == null) {
      expected--;
    }
    assertEquals(expected, blocks);
    for (int i = 1; i <= blocks; i++) {
      model.use(scope(sequence), known(sequence, i));
    }
    live.add(sequence);
  }

  /** Computes a token of a sequence, or generates one if there is none left; 1 if that evicts. */
  private static int grow(PrefixCache cache, Model model, List<Sequence> live, Random random) {
    Sequence sequence = live.get(random.nextInt(live.size()));
    int evicted = 0;
    if (sequence.computed() == sequence.blockCount() * BLOCK) {
      if (cache.available() == 0) {
        return 0;
      }
      long before = model.idle();
      if (cache.available() == before) { // none is free
        model.evict();
        evicted = 1;
      }
      sequence.addBlock(cache.allocate());
    }
    if (sequence.left() == 0) {
      sequence.append(random.nextInt(2));
    }
    sequence.advance(1);
    cache.commit(sequence);
    if (sequence.computed() % BLOCK == 0) {
      model.use(scope(sequence), known(sequence, sequence.computed() / BLOCK));
    }
    return evicted;
  }

  private static void end(
      PrefixCache cache, Model model, List<Sequence> live, boolean keep, Random random) {
    Sequence sequence = live.remove(random.nextInt(live.size()));
    int blocks = sequence.computed() / BLOCK;
    model.leave(scope(sequence), known(sequence, blocks), blocks, keep);
    if (keep) {
      cache.release(sequence);
    } else {
      cache.discard(sequence);
    }
  }

  private static void compare(PrefixCache cache, Model model, List<Sequence> live) {
    assertEquals(model.idle(), cache.idle());
    int partial = live.stream().mapToInt(s -> s.blockCount() - s.computed() / BLOCK).sum();
    assertEquals(cache.size() - partial - model.prefixes.size() + model.idle(), cache.available());
    for (Model.Prefix prefix : model.prefixes) {
      int[] tokens =
          IntStream.concat(prefix.tokens.stream().mapToInt(id -> id), IntStream.of(9)).toArray();
      assertEquals(prefix.tokens.size() / BLOCK, found(cache, CacheScope.of(prefix.scope), tokens));
    }
  }

  private static String scope(Sequence sequence) {
    return sequence.scope().tenant();
  }

  private static List<Integer> known(Sequence sequence, int blocks) {
    return Arrays.stream(sequence.tokens(0, blocks * BLOCK)).boxed().toList();
  }
}
