package ai.kolm.server;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The parts of the OpenAI API that are not served, and what clients who ask for them are told. */
final class OutOfScope {
  private static final String NOT_SERVED = "%s are not served here: this server %s.";

  private static final Map<String, String> PARTS = parts();

  private OutOfScope() {}

  private static Map<String, String> parts() {
    String text = "answers with text and embeddings of the models it has";
    String nothing = "keeps nothing of what it is asked; send all of it with each request";
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("/v1/images", NOT_SERVED.formatted("Images", text));
    parts.put("/v1/videos", NOT_SERVED.formatted("Videos", text));
    parts.put(
        "/v1/audio",
        NOT_SERVED.formatted("Audio requests", "has no artifact with an audio adapter"));
    parts.put("/v1/realtime", NOT_SERVED.formatted("Realtime sessions", text));
    parts.put("/v1/moderations", NOT_SERVED.formatted("Moderations", text));
    parts.put("/v1/chat/completions/", NOT_SERVED.formatted("Stored completions", nothing));
    parts.put("/v1/responses/", NOT_SERVED.formatted("Stored responses", nothing));
    parts.put("/v1/conversations", NOT_SERVED.formatted("Conversations", nothing));
    parts.put("/v1/files", NOT_SERVED.formatted("Files", nothing));
    parts.put("/v1/uploads", NOT_SERVED.formatted("Uploads", nothing));
    parts.put("/v1/batches", NOT_SERVED.formatted("Batches", nothing));
    parts.put("/v1/assistants", NOT_SERVED.formatted("Assistants", nothing));
    parts.put("/v1/threads", NOT_SERVED.formatted("Threads", nothing));
    parts.put("/v1/vector_stores", NOT_SERVED.formatted("Vector stores", nothing));
    parts.put("/v1/containers", NOT_SERVED.formatted("Containers", nothing));
    parts.put("/v1/evals", NOT_SERVED.formatted("Evals", nothing));
    parts.put(
        "/v1/fine_tuning", NOT_SERVED.formatted("Fine-tuning jobs", "answers, it does not train"));
    return parts;
  }

  /** What to say about a path that begins like one of these parts. */
  static Optional<String> message(String path) {
    return PARTS.entrySet().stream()
        .filter(part -> path.startsWith(part.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
