package ai.kolm.prompt.jinja;

import org.jspecify.annotations.Nullable;

/**
 * Python's {@code str.format} with plain fields: <code>{}</code>, <code>{0}</code>, <code>{name}
 * </code>. No attributes, conversions or format specifications.
 */
final class BraceFormat {
  private final Text format;
  private final Arguments arguments;
  private final Budget budget;
  private final TextBuilder out;
  private int next;

  private BraceFormat(Text format, Arguments arguments, Budget budget) {
    this.format = format;
    this.arguments = arguments;
    this.budget = budget;
    this.out = new TextBuilder(budget);
  }

  static Text format(Text format, Arguments arguments, Budget budget) {
    BraceFormat state = new BraceFormat(format, arguments, budget);
    state.run();
    return state.out.build();
  }

  private void run() {
    String chars = format.chars();
    int from = 0;
    for (int i = 0; i < chars.length(); i++) {
      char c = chars.charAt(i);
      if (c != '{' && c != '}') {
        continue;
      }
      out.append(format, from, i);
      if (i + 1 < chars.length() && chars.charAt(i + 1) == c) {
        out.append(format, i, i + 1);
        i++;
      } else {
        int end = c == '{' ? chars.indexOf('}', i) : -1;
        if (end < 0) {
          throw TemplateError.evaluation("a single '" + c + "' in a format string");
        }
        out.append(PyStrings.str(field(chars.substring(i + 1, end)), budget));
        i = end;
      }
      from = i + 1;
    }
    out.append(format, from, chars.length());
  }

  private Value field(String name) {
    if (name.isEmpty() || name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int i = name.isEmpty() ? next++ : name.length() > 9 ? -1 : Integer.parseInt(name);
      if (i < 0 || i >= arguments.positional().size()) {
        throw TemplateError.evaluation(
            "Replacement index %s out of range for positional args tuple"
                .formatted(name.isEmpty() ? i : name));
      }
      return arguments.positional().get(i);
    }
    @Nullable Value value = arguments.named().get(name);
    if (value == null) {
      throw TemplateError.evaluation("a format string names a field that is not given");
    }
    return value;
  }
}
