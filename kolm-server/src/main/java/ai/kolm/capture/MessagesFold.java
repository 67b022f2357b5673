package ai.kolm.capture;

import ai.kolm.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Folds the events of Anthropic's messages. For one thread. */
final class MessagesFold {
  private static final String PARTIAL = "partial_json";

  private final Map<Integer, Block> blocks = new TreeMap<>();
  private @Nullable Map<String, Json> message;
  private boolean failed;

  /** A block of content that is being put together. */
  private record Block(Map<String, Json> members, Map<String, StringBuilder> texts) {
    void append(String name, String text) {
      if (!text.isEmpty()) {
        texts.computeIfAbsent(name, _ -> new StringBuilder(first(name))).append(text);
      }
    }

    private String first(String name) {
      return members.get(name) instanceof Json.Str known ? known.value() : "";
    }

    /** The input of a tool came as the text of its JSON. */
    Json whole() {
      texts.forEach((name, text) -> members.put(name, new Json.Str(text.toString())));
      if (members.remove(PARTIAL) instanceof Json.Str text) {
        members.put("input", Bodies.json(text.value()).orElse(text));
      }
      return new Json.Obj(members);
    }
  }

  /**
   * Adds an event.
   *
   * @return whether it is the last one
   */
  boolean add(String type, Json.Obj event) throws FoldException {
    switch (type) {
      case "message_start" -> {
        if (event.members().get("message") instanceof Json.Obj start) {
          message = StreamFold.copy(start);
        }
      }
      case "content_block_start" -> {
        if (event.members().get("content_block") instanceof Json.Obj block) {
          int index = StreamFold.index(event, "index", blocks.size());
          blocks.put(index, new Block(StreamFold.copy(block), new LinkedHashMap<>()));
        }
      }
      case "content_block_delta" -> delta(event);
      case "message_delta" -> messageDelta(event);
      case "message_stop" -> {
        return true;
      }
      case "error" -> failed = true;
      default -> {} // ping, content_block_stop, and what is still to come
    }
    return false;
  }

  private void delta(Json.Obj event) throws FoldException {
    Block block = blocks.get(StreamFold.index(event, "index", -1));
    if (block == null || !(event.members().get("delta") instanceof Json.Obj delta)) {
      throw new FoldException("a delta of no block");
    }
    for (String name : List.of("text", "thinking", "signature", PARTIAL)) {
      block.append(name, StreamFold.text(delta, name));
    }
  }

  private void messageDelta(Json.Obj event) {
    Map<String, Json> to = message == null ? new LinkedHashMap<>() : message;
    message = to;
    if (event.members().get("delta") instanceof Json.Obj delta) {
      to.putAll(delta.members());
    }
    if (event.members().get("usage") instanceof Json.Obj usage) {
      Map<String, Json> all =
          to.get("usage") instanceof Json.Obj known
              ? StreamFold.copy(known)
              : new LinkedHashMap<>();
      all.putAll(usage.members());
      to.put("usage", new Json.Obj(all));
    }
  }

  boolean failed() {
    return failed;
  }

  /** The answer as a whole. */
  Optional<Json.Obj> body() {
    Map<String, Json> whole = message;
    if (whole == null) {
      return Optional.empty();
    }
    whole.put("content", new Json.Arr(blocks.values().stream().map(Block::whole).toList()));
    return Optional.of(new Json.Obj(whole));
  }
}
