package ai.kolm.eval;

import ai.kolm.eval.EvalException.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Scores answers: by the scorers of the case, the least of which counts, else by that of the task.
 *
 * @param type of the task
 * @param always whether the scorer of the task counts for cases that name others, too
 * @param similarity compares what texts mean, if there is a model for it
 * @param judge grades by rubrics, if one was named
 */
public record Scoring(
    TaskType type, boolean always, Optional<Similarity> similarity, Optional<Judge> judge) {
  /** By texts alone. */
  public static Scoring of(TaskType type) {
    return new Scoring(type, false, Optional.empty(), Optional.empty());
  }

  /**
   * Both sides, scored.
   *
   * @param local side
   * @param baseline the other one, if there is one
   */
  public record Scored(Side local, Optional<Side> baseline) {}

  private List<Scorer> scorers(EvalCase one) throws EvalException {
    if (always || one.scorers().isEmpty()) {
      return List.of(type.scorer());
    }
    List<Scorer> scorers = new ArrayList<>();
    for (String id : one.scorers()) {
      scorers.add(Scorer.of(id));
    }
    return scorers;
  }

  /**
   * Refuses cases that cannot be scored, before anybody is asked.
   *
   * @param compared whether there is a baseline
   * @throws EvalException with the case and what is missing
   */
  public void check(EvalCases cases, boolean compared) throws EvalException {
    for (EvalCase one : cases.cases()) {
      for (Scorer scorer : scorers(one)) {
        if (scorer == Scorer.SIMILARITY) {
          checkSimilarity(one);
        } else if (scorer == Scorer.JUDGE) {
          checkJudge(one, compared);
        }
      }
    }
  }

  private void checkSimilarity(EvalCase one) throws EvalException {
    if (similarity.isEmpty()) {
      throw new EvalException(
          Reason.PREREQUISITE,
          "case \"%s\" is scored by similarity: name an artifact that makes vectors with --embed"
              .formatted(one.id()));
    }
    if (!similarity.get().fits(Scorer.texts(one.expected()))) {
      throw new EvalException(
          Reason.CASES,
          "case \"%s\": similarity needs a text or any_of that %s can read whole"
              .formatted(one.id(), similarity.get().name()));
    }
  }

  private void checkJudge(EvalCase one, boolean compared) throws EvalException {
    if (judge.isEmpty() || !compared) {
      throw new EvalException(
          Reason.PREREQUISITE,
          "case \"%s\" is graded by a judge: name one with --judge PROVIDER:MODEL, and a --baseline"
              .formatted(one.id()));
    }
    if (!one.expected().members().containsKey("rubric")) {
      throw new EvalException(
          Reason.CASES, "case \"%s\": a judge needs a rubric".formatted(one.id()));
    }
  }

  /** Scores what both sides have said to cases that were checked. */
  public Scored score(EvalCases cases, SideAnswers local, Optional<SideAnswers> baseline)
      throws IOException, EvalException {
    int count = cases.cases().size();
    double[] localScores = new double[count];
    double[] otherScores = new double[count];
    for (int i = 0; i < count; i++) {
      EvalCase one = cases.cases().get(i);
      Answer said = local.answers().get(i);
      Optional<Answer> other = Optional.empty();
      if (baseline.isPresent()) {
        other = Optional.of(baseline.get().answers().get(i));
      }
      Judge.Grades grades = new Judge.Grades(0, 0);
      if (judge.isPresent() && other.isPresent() && scorers(one).contains(Scorer.JUDGE)) {
        grades = judge.get().grade(one, said, other.get());
      }
      localScores[i] = score(one, said, grades.local());
      if (other.isPresent()) {
        otherScores[i] = score(one, other.get(), grades.baseline());
      }
    }
    return new Scored(
        local.scored(localScores), baseline.map(answers -> answers.scored(otherScores)));
  }

  private double score(EvalCase one, Answer answer, double grade) throws EvalException {
    double least = 1;
    for (Scorer scorer : scorers(one)) {
      double score =
          switch (scorer) {
            case JUDGE -> grade;
            case SIMILARITY -> similar(one, answer);
            default -> scorer.score(one.expected(), answer);
          };
      least = Math.min(least, score);
    }
    return least;
  }

  private double similar(EvalCase one, Answer answer) {
    return answer.isFailure() || similarity.isEmpty()
        ? 0
        : similarity.get().score(Scorer.texts(one.expected()), answer.content());
  }
}
