package ai.kolm.chat.tool;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads calls that are objects of a name and arguments, alone, in marks, or in an array. */
final class JsonCallReader implements CallReader {
  private enum Phase {
    /** Between calls, or in front of the first. */
    CALLS,
    KEY,
    NAME,
    ARGUMENTS,
    /** A string that is of no use, such as the model's own name of the call. */
    OTHER,
    /** Within a call, behind a member. */
    MEMBER,
    CLOSING,
    BETWEEN
  }

  private final ToolDialect dialect;
  private final MarkSearch opening;
  private final MarkSearch closing;
  private final StringBuilder held = new StringBuilder();
  private final StringBuilder value = new StringBuilder();
  private final JsonScanner scanner = new JsonScanner();
  private Phase phase = Phase.CALLS;
  private int calls;

  JsonCallReader(ToolDialect dialect) {
    this.dialect = dialect;
    this.opening = new MarkSearch(dialect.opening());
    this.closing = new MarkSearch(dialect.closing());
  }

  @Override
  public int calls() {
    return calls;
  }

  @Override
  public void flush(List<ReplyPart> parts) {
    if (!held.isEmpty()) {
      parts.add(new ReplyPart.Arguments(calls - 1, held.toString()));
      held.setLength(0);
    }
  }

  @Override
  public void take(char c, List<ReplyPart> parts) {
    switch (phase) {
      case CALLS -> calls(c);
      case KEY, NAME, OTHER -> string(c, parts);
      case ARGUMENTS -> arguments(c, parts);
      case MEMBER -> member(c);
      case CLOSING -> {
        if (closing.next(c, value)) {
          phase = Phase.BETWEEN;
        }
      }
      case BETWEEN -> {
        if (opening.next(c, value)) {
          phase = Phase.CALLS;
        }
      }
    }
  }

  private void calls(char c) {
    if (c == '{') {
      phase = Phase.MEMBER;
    } else if (c == ']') {
      end();
    }
  }

  private void end() {
    value.setLength(0);
    phase = dialect.closing().isEmpty() ? Phase.BETWEEN : Phase.CLOSING;
  }

  private void member(char c) {
    if (c == '"') {
      value.setLength(0);
      value.append(c);
      scanner.start();
      scanner.next(c);
      phase = Phase.KEY;
    } else if (c == '}') {
      if (dialect.isArray()) {
        phase = Phase.CALLS;
      } else {
        end();
      }
    }
  }

  /** A key, then for the name its string: both are held until they are complete. */
  private void string(char c, List<ReplyPart> parts) {
    if (phase != Phase.KEY && value.isEmpty() && c != '"') {
      return; // between the key and its value
    }
    value.append(c);
    scanner.next(c);
    if (!scanner.isComplete()) {
      return;
    }
    String text = decode(value.toString());
    value.setLength(0);
    scanner.start();
    switch (phase) {
      case NAME -> {
        parts.add(new ReplyPart.CallStart(calls++, text));
        phase = Phase.MEMBER;
      }
      case OTHER -> phase = Phase.MEMBER;
      default -> phase = valueOf(text);
    }
  }

  private Phase valueOf(String key) {
    return switch (key) {
      case "name" -> Phase.NAME;
      case "id" -> Phase.OTHER;
      default -> Phase.ARGUMENTS;
    };
  }

  private void arguments(char c, List<ReplyPart> parts) {
    if (!scanner.hasStarted() && c != '{') {
      return; // between the key and its value
    }
    held.append(c);
    scanner.next(c);
    if (scanner.isComplete()) {
      flush(parts);
      phase = Phase.MEMBER;
    }
  }

  private static String decode(String literal) {
    try {
      byte[] bytes = literal.getBytes(StandardCharsets.UTF_8);
      return JsonReader.read(bytes, JsonLimits.DEFAULT) instanceof Json.Str text
          ? text.value()
          : literal;
    } catch (JsonException e) {
      throw new IllegalStateException("the grammar let malformed JSON pass", e);
    }
  }
}
