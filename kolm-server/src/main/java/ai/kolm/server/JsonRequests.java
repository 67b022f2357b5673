package ai.kolm.server;

import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ResponseFormat;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.prompt.Message;
import ai.kolm.server.wire.InvalidFieldException;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Reads the bodies of requests.
 *
 * @param bytes the longest body
 * @param strict whether a field that nothing here knows refuses a request, instead of being named
 *     in a header, and JSON has to be asked for in words, too
 */
record JsonRequests(int bytes, boolean strict) {
  /** A schema may nest as deep as {@code GrammarLimits} say, within some fields. */
  private static final int MAX_DEPTH = 72;

  private static final int MAX_IGNORED = 16;
  private static final int MAX_IGNORED_NAME = 64;

  Json read(Exchange exchange) throws RefusedException, IOException, JsonException {
    return JsonReader.read(
        exchange.jsonBody(), JsonLimits.DEFAULT.withBytes(bytes).withDepth(MAX_DEPTH));
  }

  /**
   * Says which fields had no effect. Their names come from the client: only what is harmless in a
   * header is repeated.
   *
   * @throws InvalidFieldException if there are any and none is allowed
   */
  void nameIgnored(Exchange exchange, List<String> ignored) throws InvalidFieldException {
    if (ignored.isEmpty()) {
      return;
    }
    if (strict) {
      throw InvalidFieldException.unknown(ignored.getFirst());
    }
    exchange.setHeader(
        "x-kolm-ignored",
        ignored.stream()
            .limit(MAX_IGNORED)
            .map(name -> name.substring(0, Math.min(name.length(), MAX_IGNORED_NAME)))
            .map(name -> name.replaceAll("[^A-Za-z0-9_.\\[\\]-]", "?"))
            .collect(Collectors.joining(",")));
  }

  /**
   * Where {@link #strict}, whoever wants any JSON object has to say so in words, too, as OpenAI
   * wants it: a request that passes here shall pass there.
   *
   * @param field that holds the words
   */
  void checkJsonIsNamed(ChatRequest chat, String field) throws InvalidFieldException {
    if (strict
        && chat.responseFormat().equals(ResponseFormat.JSON_OBJECT)
        && chat.messages().stream().noneMatch(JsonRequests::namesJson)) {
      throw InvalidFieldException.jsonNotNamed(field);
    }
  }

  private static boolean namesJson(Message message) {
    String content = message.content();
    return content != null && content.toLowerCase(Locale.ROOT).contains("json");
  }
}
