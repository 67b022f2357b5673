package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.capture.CaptureException;
import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureStore;
import ai.kolm.capture.NamespaceMeta;
import ai.kolm.distill.LeakCheck;
import ai.kolm.eval.AnswerRetention;
import ai.kolm.eval.BaselineCache;
import ai.kolm.eval.ReportFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * How long answers to captured cases are kept, those of baselines and those in reports: as long as
 * the captures. Where their namespace is not here, for as long as captures usually are.
 */
final class EvalRetention {
  private EvalRetention() {}

  /** Where reports are. */
  static Path reports(CommandContext context) {
    return context.home().root().resolve("evals");
  }

  /** Where answers of baselines are. */
  static Path directory(CommandContext context) {
    return reports(context).resolve("baseline");
  }

  /** That of the namespace which an artifact was distilled from. */
  static AnswerRetention of(CommandContext context, Optional<Artifact> artifact)
      throws IOException {
    Path datasets = context.home().root().resolve("datasets");
    Optional<String> namespace =
        artifact.isEmpty() ? Optional.empty() : LeakCheck.namespace(artifact.get(), datasets);
    Optional<NamespaceMeta> meta =
        namespace.isEmpty() ? Optional.empty() : meta(context, namespace.get());
    return new AnswerRetention(
        namespace.orElse(""),
        meta.map(NamespaceMeta::retentionDays)
            .orElse(CaptureStore.Options.DEFAULT.retentionDays()));
  }

  /** Deletes what has been kept for long enough; what is on hold stays. */
  static void expire(CommandContext context, long now) throws IOException {
    CaptureHome home = CaptureSetup.home(context);
    delete(context, (namespace, until) -> until > 0 && until < now && !isHeld(home, namespace));
  }

  /** Deletes the answers to cases of a namespace. */
  static void forget(CommandContext context, String namespace) throws IOException {
    delete(context, (of, _) -> of.equals(namespace));
  }

  private static void delete(CommandContext context, BiPredicate<String, Long> goes)
      throws IOException {
    BaselineCache.delete(directory(context), goes);
    ReportFiles.forget(reports(context), goes);
  }

  private static Optional<NamespaceMeta> meta(CommandContext context, String namespace)
      throws IOException {
    try {
      return CaptureSetup.home(context).meta(namespace);
    } catch (CaptureException e) {
      throw CaptureSetup.refusal(e);
    }
  }

  /** One whose state cannot be read may be on hold. */
  private static boolean isHeld(CaptureHome home, String namespace) {
    try {
      return !namespace.isEmpty() && home.meta(namespace).map(NamespaceMeta::hold).orElse(false);
    } catch (IOException | CaptureException e) {
      return true;
    }
  }
}
