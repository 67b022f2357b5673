package ai.kolm.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.TokenMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SamplerChainTest {
  private static final int[] SIZES = {1, 2, 24, 25, 64, 257, 1000};

  @Test
  void everyTokenIsTheOneTheDefinitionSays() {
    Random random = new Random(1);
    for (int round = 0; round < 700; round++) {
      int size = SIZES[round % SIZES.length];
      SamplingParams params = params(random, size);
      int[] prompt = random.ints(5, 0, size).toArray();
      List<Integer> answer = new ArrayList<>();
      SamplerChain chain = SamplerChain.of(params, prompt, round, 3);
      Candidates scratch = new Candidates(size);
      for (int step = 0; step < 4; step++) {
        float[] row = row(random, size);
        TokenMask mask = mask(random, size);
        int expected =
            ReferenceSampling.next(
                params,
                row,
                mask,
                Arrays.stream(prompt).boxed().toList(),
                answer,
                CounterRandom.uniform(round, 3, step));
        int token = chain.next(row.clone(), mask, scratch);
        assertEquals(expected, token, () -> "%s over %d tokens".formatted(params, size));
        answer.add(token);
      }
    }
  }

  private static SamplingParams params(Random random, int size) {
    Map<Integer, Float> bias = new HashMap<>();
    if (random.nextInt(3) == 0) {
      bias.put(random.nextInt(size), random.nextFloat(-100, 100));
      bias.put(random.nextInt(size), random.nextFloat(-3, 3));
    }
    boolean penalise = random.nextInt(3) == 0;
    return new SamplingParams(
        random.nextInt(5) == 0 ? 0 : random.nextFloat(0.1f, 2),
        random.nextInt(3) == 0 ? 1 + random.nextInt(2 * size) : 0,
        random.nextInt(2) == 0 ? random.nextFloat() : 1,
        random.nextInt(3) == 0 ? random.nextFloat() : 0,
        random.nextInt(3) == 0 ? random.nextFloat() : 1,
        penalise ? random.nextFloat(0.5f, 2) : 1,
        penalise ? random.nextFloat(-2, 2) : 0,
        penalise ? random.nextFloat(-2, 2) : 0,
        bias);
  }

  /** Half of the rows have many equal logits. */
  private static float[] row(Random random, int size) {
    float[] row = new float[size];
    boolean ties = random.nextBoolean();
    double spread = random.nextDouble(0.1, 8);
    for (int id = 0; id < size; id++) {
      double logit = spread * random.nextGaussian();
      row[id] = (float) (ties ? Math.rint(logit) : logit);
    }
    return row;
  }

  private static TokenMask mask(Random random, int size) {
    TokenMask mask = new TokenMask(size);
    if (random.nextBoolean()) {
      mask.allowAll();
    } else {
      for (int i = 0; i < 1 + size / 3; i++) {
        mask.allow(random.nextInt(size));
      }
    }
    return mask;
  }

  @Test
  void theDrawFollowsTheDistribution() {
    int size = 50;
    float[] row = new float[size];
    for (int id = 0; id < size; id++) {
      row[id] = (float) Math.log(id + 1.0);
    }
    TokenMask all = new TokenMask(size);
    all.allowAll();
    int draws = 200_000;
    int[] counts = new int[size];
    SamplerChain chain = SamplerChain.of(SamplingParams.DEFAULT, new int[0], 42, 0);
    Candidates scratch = new Candidates(size);
    for (int i = 0; i < draws; i++) {
      counts[chain.next(row.clone(), all, scratch)]++;
    }
    double chiSquare = 0;
    for (int id = 0; id < size; id++) {
      double expected = draws * (id + 1.0) / (size * (size + 1) / 2.0);
      chiSquare += Math.pow(counts[id] - expected, 2) / expected;
    }
    // 49 degrees of freedom: 85.35 is the 99.9 % point, 23.98 the 0.1 % point.
    assertTrue(chiSquare > 23.98 && chiSquare < 85.35, "chi-square " + chiSquare);
  }

  @Test
  void choicesAndSeedsDrawDifferently() {
    assertEquals(draws(7, 0), draws(7, 0));
    assertTrue(!draws(7, 0).equals(draws(7, 1)));
    assertTrue(!draws(7, 0).equals(draws(8, 0)));
  }

  private static List<Integer> draws(long seed, int choice) {
    TokenMask all = new TokenMask(1000);
    all.allowAll();
    SamplerChain chain = SamplerChain.of(SamplingParams.DEFAULT, new int[0], seed, choice);
    Candidates scratch = new Candidates(1000);
    List<Integer> tokens = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      tokens.add(chain.next(new float[1000], all, scratch));
    }
    return tokens;
  }

  @Test
  void refusesLogitsThatAreNotFinite() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] row = {0, 1, bad, 2};
      ArithmeticException e = assertThrows(ArithmeticException.class, () -> greedy(row));
      assertEquals("the logit of token 2 is " + bad, e.getMessage());
      assertThrows(ArithmeticException.class, () -> TokenScores.of(row, 0, 0));
    }
  }

  /** Those of tokens that are not allowed may never have been computed. */
  @Test
  void onlyLogitsOfAllowedTokensMatter() {
    for (SamplingParams params :
        List.of(
            SamplingParams.GREEDY,
            SamplingParams.DEFAULT,
            new SamplingParams(0.7f, 3, 0.9f, 0.1f, 0.9f, 1.2f, 1, 1, Map.of(0, 5f, 64, 1f)))) {
      for (int allowed : new int[] {0, 63, 64, 199}) {
        float[] row = new float[200];
        Arrays.fill(row, Float.NaN);
        row[allowed] = -3;
        TokenMask mask = new TokenMask(200);
        mask.allow(allowed);
        SamplerChain chain = SamplerChain.of(params, new int[] {0, 7}, 1, 0);
        Candidates scratch = new Candidates(200);
        assertEquals(allowed, chain.next(row.clone(), mask, scratch));
        mask.allow(7);
        assertThrows(ArithmeticException.class, () -> chain.next(row.clone(), mask, scratch));
      }
    }
    float[] row = new float[200];
    row[130] = Float.NaN; // in a word that is allowed as a whole
    TokenMask most = new TokenMask(200);
    for (int id = 0; id < 200; id++) {
      most.allow(id);
    }
    SamplerChain chain = SamplerChain.of(SamplingParams.GREEDY, new int[0], 1, 0);
    assertThrows(ArithmeticException.class, () -> chain.next(row, most, new Candidates(200)));
  }

  @Test
  void survivesTheExtremesOfFiniteLogits() {
    float[] row = {-Float.MAX_VALUE, Float.MAX_VALUE, Float.MIN_VALUE, Float.MAX_VALUE};
    SamplingParams params =
        new SamplingParams(Float.MIN_VALUE, 3, 0.9f, 0.1f, 0.9f, 1, 0, 0, Map.of());
    TokenMask all = new TokenMask(4);
    all.allowAll();
    int token = SamplerChain.of(params, new int[0], 1, 0).next(row, all, new Candidates(4));
    assertTrue(token == 1 || token == 3, "token " + token);
  }

  @Test
  void refusesAnEmptyMask() {
    TokenMask none = new TokenMask(4);
    for (SamplingParams params : List.of(SamplingParams.GREEDY, SamplingParams.DEFAULT)) {
      SamplerChain chain = SamplerChain.of(params, new int[0], 1, 0);
      assertThrows(
          IllegalStateException.class, () -> chain.next(new float[4], none, new Candidates(4)));
    }
  }

  @Test
  void greedyTakesTheLowestOfEqualTokens() {
    assertEquals(1, greedy(new float[] {0, 3, 3, 3}));
  }

  private static int greedy(float[] row) {
    TokenMask all = new TokenMask(row.length);
    all.allowAll();
    return SamplerChain.of(SamplingParams.GREEDY, new int[0], 1, 0)
        .next(row.clone(), all, new Candidates(row.length));
  }
}
