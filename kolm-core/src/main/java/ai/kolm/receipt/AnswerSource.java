package ai.kolm.receipt;

import ai.kolm.json.Json;
import java.util.Map;
import java.util.Optional;

/**
 * What answers: it is the same in all receipts of a served model.
 *
 * @param cid of the artifact; absent if the model is a file of another format
 * @param model its id
 * @param trust what the artifact was worth when it was opened: {@code trusted}, ...
 * @param adapter that is applied to the model, if one is
 * @param template digest of the chat template, if there is one
 * @param engine version and digest of the build
 * @param kernels the kernel set
 * @param determinism the level: {@code D0}, ...
 * @param fingerprint the system fingerprint of answers
 */
public record AnswerSource(
    Optional<String> cid,
    String model,
    String trust,
    Optional<String> adapter,
    Optional<String> template,
    String engine,
    String kernels,
    String determinism,
    String fingerprint) {

  /** What answers without an adapter. */
  public AnswerSource(
      Optional<String> cid,
      String model,
      String trust,
      Optional<String> template,
      String engine,
      String kernels,
      String determinism,
      String fingerprint) {
    this(cid, model, trust, Optional.empty(), template, engine, kernels, determinism, fingerprint);
  }

  /** The same with an adapter. */
  public AnswerSource withAdapter(String name) {
    return new AnswerSource(
        cid, model, trust, Optional.of(name), template, engine, kernels, determinism, fingerprint);
  }

  void addTo(Map<String, Json> members) {
    cid.ifPresent(text -> members.put("cid", new Json.Str(text)));
    members.put("model", new Json.Str(model));
    members.put("trust", new Json.Str(trust));
    adapter.ifPresent(name -> members.put("adapter", new Json.Str(name)));
    template.ifPresent(digest -> members.put("tpl", new Json.Str(digest)));
    members.put("eng", new Json.Str(engine));
    members.put("krn", new Json.Str(kernels));
    members.put("det", new Json.Str(determinism));
    members.put("fp", new Json.Str(fingerprint));
  }
}
