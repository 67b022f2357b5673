package ai.kolm.eval;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Scorers that take a model, and how much of the traffic cases stand for. */
class ScoringTest {
  private static final String CASE =
      "{\"id\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"expected\":%s%s}\n";

  private static EvalCases cases(String... lines) throws EvalException {
    return EvalCases.read(String.join("", lines).getBytes(UTF_8));
  }

  private static Answer said(String content) {
    return new Answer(content, List.of(), "stop", Answer.Usage.NONE, 1, "", "");
  }

  private static SideAnswers side(String... contents) {
    List<Answer> answers = new ArrayList<>();
    for (String content : contents) {
      answers.add(content.isEmpty() ? Answer.failed("status 500", 1) : said(content));
    }
    return new SideAnswers("side", answers, 0);
  }

  /** The first two letters decide the direction; what begins with a blank has no vector. */
  private static Optional<float[]> vector(String text) {
    return text.isBlank() || text.startsWith(" ")
        ? Optional.empty()
        : Optional.of(new float[] {3 * (text.charAt(0) - 'a'), text.charAt(1) - 'a'});
  }

  private static Scoring similar() {
    return new Scoring(
        new TaskType("text", Scorer.TOKEN_F1, true).withSimilarity(),
        false,
        Optional.of(new Similarity("cidv1:x", ScoringTest::vector)),
        Optional.empty());
  }

  @Test
  void similarityIsOneOrZero() throws Exception {
    EvalCases cases =
        cases(
            CASE.formatted("a", "{\"text\":\"bb\"}", ""),
            CASE.formatted("b", "{\"text\":\"bb\"}", ""),
            CASE.formatted("c", "{\"any_of\":[\"ba\",\"ab\"]}", ""),
            CASE.formatted("d", "{\"text\":\"bb\"}", ""),
            CASE.formatted("e", "{\"text\":\"bb\"}", ",\"scorer\":\"exact\""));
    Scoring scoring = similar();
    scoring.check(cases, false);
    // The cosine of bb and ba is 0.949, that of bb and ab 0.316.
    Scoring.Scored scored =
        scoring.score(cases, side("ba", "ab", "ab", " b", "ba"), Optional.empty());
    assertArrayEquals(new double[] {1, 0, 1, 0, 0}, scored.local().scores());
  }

  @Test
  void whatCannotBeScoredIsToldBeforeAnybodyIsAsked() throws Exception {
    Scoring plain = Scoring.of(new TaskType("text", Scorer.TOKEN_F1, true));
    EvalCases similar =
        cases(CASE.formatted("s", "{\"text\":\"a\"}", ",\"scorer\":\"similarity\""));
    EvalCases judged =
        cases(CASE.formatted("j", "{\"rubric\":\"polite\"}", ",\"scorer\":\"judge\""));
    refused("--embed", plain, similar, true);
    refused("--judge PROVIDER:MODEL", plain, judged, true);
    refused("needs a text", similar(), cases(CASE.formatted("n", "{\"json\":{}}", "")), true);
    Scoring judging = judging(new ArrayList<>(), "{}");
    refused("--baseline", judging, judged, false);
    refused("needs a rubric", judging, cases(CASE.formatted("t", "{\"text\":\"a\"}", "")), true);
    assertEquals(Scorer.JUDGE, TaskType.of(judged.cases()).scorer());
    EvalException e =
        assertThrows(EvalException.class, () -> cases(CASE.formatted("r", "{\"rubric\":[1]}", "")));
    assertTrue(String.valueOf(e.getMessage()).contains("line 1: expected: rubric"));
  }

  private static void refused(String words, Scoring scoring, EvalCases cases, boolean compared) {
    EvalException e =
        assertThrows(EvalException.class, () -> scoring.check(cases, compared), words);
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("case \"") && message.contains(words), message);
  }

  private static Scoring judging(List<String> seen, String... replies) {
    Judge judge =
        new Judge(
            "mock:judge",
            question -> {
              if (question.messages().getLast() instanceof Json.Obj user
                  && user.members().get("content") instanceof Json.Str content) {
                seen.add(content.value());
              }
              return said(replies[(seen.size() - 1) % replies.length]);
            });
    return new Scoring(
        new TaskType("rubric", Scorer.JUDGE, false), false, Optional.empty(), Optional.of(judge));
  }

  /** A judge that prefers whatever stands first says nothing about the sides. */
  @Test
  void bothOrdersAreJudgedBlind() throws Exception {
    EvalCases cases = cases(CASE.formatted("a", "{\"rubric\":\"is polite\"}", ""));
    List<String> seen = new ArrayList<>();
    Scoring biased = judging(seen, "{\"first\":1,\"second\":0}");
    Scoring.Scored scored = biased.score(cases, side("mine"), Optional.of(side("theirs")));
    assertArrayEquals(new double[] {0.5}, scored.local().scores());
    assertArrayEquals(new double[] {0.5}, scored.baseline().orElseThrow().scores());
    String tail = "\"rubric\":\"is polite\",\"first\":\"%s\",\"second\":\"%s\"}";
    assertTrue(seen.get(0).endsWith(tail.formatted("mine", "theirs")), seen.get(0));
    assertTrue(seen.get(1).endsWith(tail.formatted("theirs", "mine")), seen.get(1));

    Scoring fair =
        judging(new ArrayList<>(), "{\"first\":1,\"second\":0.5}", "{\"first\":0.5,\"second\":1}");
    scored = fair.score(cases, side("mine"), Optional.of(side("theirs")));
    assertArrayEquals(new double[] {1}, scored.local().scores());
    assertArrayEquals(new double[] {0.5}, scored.baseline().orElseThrow().scores());
  }

  @Test
  void failuresAreWorthNothingAndGradesHaveToBeGrades() throws Exception {
    EvalCases cases = cases(CASE.formatted("a", "{\"rubric\":\"r\"}", ""));
    List<String> seen = new ArrayList<>();
    Scoring kind = judging(seen, "{\"first\":1,\"second\":1}");
    Scoring.Scored scored = kind.score(cases, side(""), Optional.of(side("theirs")));
    assertArrayEquals(new double[] {0}, scored.local().scores());
    assertArrayEquals(new double[] {1}, scored.baseline().orElseThrow().scores());
    kind.score(cases, side(""), Optional.of(side("")));
    assertEquals(2, seen.size());
    for (String reply : List.of("both are fine", "{\"first\":1}", "{\"first\":7,\"second\":1}")) {
      EvalException e =
          assertThrows(
              EvalException.class,
              () ->
                  judging(new ArrayList<>(), reply)
                      .score(cases, side("a"), Optional.of(side("b"))));
      assertEquals("case \"a\": mock:judge gave no grades (not as asked for)", e.getMessage());
    }
  }

  @Test
  void coverageIsTheShareOfTheTrafficThatCasesStandFor() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 15; i++) {
      String expected = i < 5 ? "{\"json\":{\"a\":1}}" : "{\"text\":\"a\"}";
      lines.append(CASE.formatted("c" + i, expected, ",\"tags\":[\"t" + i % 2 + "\"]"));
    }
    List<EvalCase> cases = cases(lines.toString()).cases();
    Map<String, Long> strata =
        Map.of("plain text 256", 60L, "plain json 256", 30L, "tools calls 1k", 10L);
    assertEquals(0.6 + 0.3 * 0.5, new Traffic(strata, List.of("t9")).coverage(cases), 1e-12);
    assertEquals(
        0.9 * 0.5 + 0.1 * 0,
        new Traffic(Map.of("plain json 256", 9L, "plain json 4k", 1L), List.of()).coverage(cases),
        1e-12);
    // Eight cases have the tag t0, seven t1, none t2.
    assertEquals(
        (0.8 + 0.7) / 3, new Traffic(Map.of(), List.of("t0", "t1", "t2")).coverage(cases), 1e-12);
    assertEquals(15 / 200.0, Traffic.UNKNOWN.coverage(cases), 1e-12);
  }

  @Test
  void requestsAreSortedByToolsAnswerAndLength() {
    Json message = new Json.Obj(Map.of("content", new Json.Str("x".repeat(1_028))));
    assertEquals("plain text 1k", Stratum.of(List.of(message), false, false, "hi"));
    assertEquals("tools json 1k", Stratum.of(List.of(message), true, false, "{\"a\":1}"));
    Json longer = new Json.Obj(Map.of("content", new Json.Str("x".repeat(4_100 * 4))));
    assertEquals("tools calls more", Stratum.of(List.of(longer), true, true, ""));
    assertEquals("plain text 256", Stratum.of(List.of(), false, false, "7"));
  }
}
