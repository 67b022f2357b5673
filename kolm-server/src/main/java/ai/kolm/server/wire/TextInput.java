package ai.kolm.server.wire;

import ai.kolm.json.Json;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.ArrayList;
import java.util.List;

/** A text of a request that may also be given as tokens. */
public sealed interface TextInput {

  /** As a text. */
  record Text(String text) implements TextInput {}

  /**
   * As tokens.
   *
   * @param ids at least one; not to be changed afterwards
   */
  record Tokens(int[] ids) implements TextInput {}

  /**
   * The texts of the field {@code name}: a string, strings, token ids, or arrays of token ids.
   *
   * @param max the most texts, and the most tokens of an array that is not among others
   */
  static List<TextInput> read(Fields fields, String name, int max) throws InvalidFieldException {
    return switch (fields.get(name)) {
      case Json.Str text -> List.of(new Text(text.value()));
      case Json.Arr array -> {
        List<Json> items = array.items();
        if (!items.isEmpty() && items.getFirst() instanceof Json.Int) {
          yield List.of(new Tokens(ids(items, name)));
        }
        List<TextInput> texts = new ArrayList<>();
        for (Json item : Fields.sized(items, name, max)) {
          texts.add(item(item, "%s[%d]".formatted(name, texts.size())));
        }
        yield texts;
      }
      case Json other ->
          throw Fields.wrongKind(name, "a string or an array of strings or tokens", other);
    };
  }

  private static TextInput item(Json item, String at) throws InvalidFieldException {
    return switch (item) {
      case Json.Str text -> new Text(text.value());
      case Json.Arr array -> new Tokens(ids(array.items(), at));
      default -> throw Fields.wrongKind(at, "a string or an array of tokens", item);
    };
  }

  private static int[] ids(List<Json> items, String at) throws InvalidFieldException {
    Fields.sized(items, at, Integer.MAX_VALUE);
    int[] ids = new int[items.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!(items.get(i) instanceof Json.Int id)) {
        throw Fields.wrongKind("%s[%d]".formatted(at, i), "an integer", items.get(i));
      }
      if (id.value() < 0 || id.value() > Integer.MAX_VALUE) {
        throw new InvalidFieldException(
            "%s[%d]".formatted(at, i),
            Code.INVALID_VALUE,
            "Invalid '%s[%d]': %d is not the id of a token.".formatted(at, i, id.value()));
      }
      ids[i] = (int) id.value();
    }
    return ids;
  }
}
