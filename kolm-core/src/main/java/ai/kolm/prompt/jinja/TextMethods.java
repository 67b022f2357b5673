package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Bool;
import ai.kolm.prompt.jinja.Value.Callable;
import ai.kolm.prompt.jinja.Value.Int;
import ai.kolm.prompt.jinja.Value.None;
import ai.kolm.prompt.jinja.Value.Seq;
import java.util.Iterator;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's strings that templates use. */
final class TextMethods {

  /** A method before it is bound to its text. */
  private interface Method {
    Value call(Text self, Arguments arguments, Budget budget);
  }

  private static final Map<String, Method> METHODS =
      Map.ofEntries(
          Map.entry("strip", (self, args, budget) -> strip("strip", self, args, budget)),
          Map.entry("lstrip", (self, args, budget) -> strip("lstrip", self, args, budget)),
          Map.entry("rstrip", (self, args, budget) -> strip("rstrip", self, args, budget)),
          Map.entry("split", (self, args, budget) -> split(self, args, false, budget)),
          Map.entry("rsplit", (self, args, budget) -> split(self, args, true, budget)),
          Map.entry("splitlines", TextMethods::splitLines),
          Map.entry("partition", (self, args, budget) -> partition(self, args, false, budget)),
          Map.entry("rpartition", (self, args, budget) -> partition(self, args, true, budget)),
          Map.entry("replace", TextMethods::replace),
          Map.entry("join", (self, args, budget) -> join(self, args.only("str.join()"), budget)),
          Map.entry("startswith", (self, args, budget) -> affix(self, args, true, budget)),
          Map.entry("endswith", (self, args, budget) -> affix(self, args, false, budget)),
          Map.entry("removeprefix", (self, args, budget) -> remove(self, args, true, budget)),
          Map.entry("removesuffix", (self, args, budget) -> remove(self, args, false, budget)),
          Map.entry("find", (self, args, budget) -> find("find", self, args, budget)),
          Map.entry("rfind", (self, args, budget) -> find("rfind", self, args, budget)),
          Map.entry("index", (self, args, budget) -> find("index", self, args, budget)),
          Map.entry("rindex", (self, args, budget) -> find("rindex", self, args, budget)),
          Map.entry("count", TextMethods::count),
          Map.entry("format", BraceFormat::format),
          Map.entry("upper", (self, args, budget) -> noArguments(args, self.upper(budget))),
          Map.entry("lower", (self, args, budget) -> noArguments(args, self.lower(budget))),
          Map.entry("title", (self, args, budget) -> noArguments(args, Casing.title(self, budget))),
          Map.entry(
              "capitalize",
              (self, args, budget) -> noArguments(args, Casing.capitalize(self, budget))),
          Map.entry("isdigit", is(c -> Character.digit(c, 10) >= 0 || isSuperscript(c))),
          Map.entry("isdecimal", is(c -> Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER)),
          Map.entry("isalpha", is(Character::isLetter)),
          Map.entry("isalnum", is(c -> Character.isLetter(c) || Character.digit(c, 10) >= 0)),
          Map.entry("isspace", is(PyStrings::isSpace)),
          Map.entry("isupper", (self, args, budget) -> Bool.of(Casing.isUpper(self, budget))),
          Map.entry("islower", (self, args, budget) -> Bool.of(Casing.isLower(self, budget))));

  private TextMethods() {}

  /** The method of this name, bound; {@code null} if there is none. */
  static @Nullable Callable bind(Text self, String name, Budget budget) {
    Method method = METHODS.get(name);
    return method == null ? null : arguments -> method.call(self, arguments, budget);
  }

  private static Value noArguments(Arguments arguments, Value result) {
    arguments.none("this method");
    return result;
  }

  private static Text strip(String name, Text self, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind(name + "()", "chars");
    Text characters = optionalText(given[0]);
    return TextSplits.strip(
        self,
        characters == null ? null : characters.chars(),
        !name.equals("rstrip"),
        !name.equals("lstrip"),
        budget);
  }

  private static Value split(Text self, Arguments arguments, boolean fromEnd, Budget budget) {
    @Nullable Value[] given = arguments.bind("split()", "sep", "maxsplit");
    Text separator = optionalText(given[0]);
    long limit = given[1] == null ? -1 : integer(given[1]);
    if (separator != null) {
      return Seq.list(
          fromEnd
              ? TextSplits.splitFromEnd(self, separator, limit, budget)
              : TextSplits.split(self, separator, limit, budget));
    }
    if (fromEnd && limit >= 0) {
      throw TemplateError.evaluation("rsplit() without a separator takes no maxsplit here");
    }
    return Seq.list(TextSplits.words(self, limit, budget));
  }

  private static Value splitLines(Text self, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("splitlines()", "keepends");
    boolean keepEnds = given[0] != null && Operators.truth(given[0]);
    return Seq.list(TextSplits.lines(self, keepEnds, budget));
  }

  private static Value partition(Text self, Arguments arguments, boolean last, Budget budget) {
    return TextSplits.partition(self, text(arguments.only("partition()")), last, budget);
  }

  private static Value replace(Text self, Arguments arguments, Budget budget) {
    @Nullable Value[] given = arguments.bind("replace()", "old", "new", "count");
    long limit = given[2] == null ? -1 : integer(given[2]);
    return TextSplits.replace(self, text(given[0]), text(given[1]), limit, budget);
  }

  private static Text join(Text self, Value items, Budget budget) {
    TextBuilder out = new TextBuilder(budget);
    int n = 0;
    for (Iterator<Value> rest = Operators.iterate(items, budget); rest.hasNext(); n++) {
      if (!(rest.next() instanceof Text item)) {
        throw TemplateError.evaluation("sequence item " + n + ": expected str instance");
      }
      if (n > 0) {
        out.append(self);
      }
      out.append(item);
    }
    return out.build();
  }

  private static Value affix(Text self, Arguments arguments, boolean prefix, Budget budget) {
    Value affix = arguments.only(prefix ? "startswith()" : "endswith()");
    if (affix instanceof Seq seq && seq.kind() == Value.SeqKind.TUPLE) {
      return Bool.of(seq.items().stream().anyMatch(item -> has(self, text(item), prefix, budget)));
    }
    return Bool.of(has(self, text(affix), prefix, budget));
  }

  private static boolean has(Text self, Text affix, boolean prefix, Budget budget) {
    budget.work(affix.chars().length());
    return prefix ? self.chars().startsWith(affix.chars()) : self.chars().endsWith(affix.chars());
  }

  private static Value remove(Text self, Arguments arguments, boolean prefix, Budget budget) {
    Text affix = text(arguments.only(prefix ? "removeprefix()" : "removesuffix()"));
    if (!has(self, affix, prefix, budget)) {
      return self;
    }
    int width = affix.chars().length();
    int length = self.chars().length();
    return prefix ? self.sub(width, length) : self.sub(0, length - width);
  }

  private static Value find(String name, Text self, Arguments arguments, Budget budget) {
    Text part = text(arguments.only(name + "()"));
    Operators.search(self, part, budget);
    int at =
        name.startsWith("r")
            ? self.chars().lastIndexOf(part.chars())
            : self.chars().indexOf(part.chars());
    if (at < 0 && name.endsWith("index")) {
      throw TemplateError.evaluation("substring not found");
    }
    return new Int(at < 0 ? -1 : self.chars().codePointCount(0, at));
  }

  private static Value count(Text self, Arguments arguments, Budget budget) {
    Text part = text(arguments.only("count()"));
    if (part.isEmpty()) {
      return new Int(self.length() + 1L);
    }
    Operators.search(self, part, budget);
    long n = 0;
    int width = part.chars().length();
    for (int at = self.chars().indexOf(part.chars());
        at >= 0;
        at = self.chars().indexOf(part.chars(), at + width)) {
      n++;
    }
    return new Int(n);
  }

  private static Method is(IntPredicate test) {
    return (self, arguments, budget) -> {
      arguments.none("this method");
      budget.work(self.chars().length());
      return Bool.of(!self.isEmpty() && self.chars().codePoints().allMatch(test));
    };
  }

  private static boolean isSuperscript(int c) {
    return c == 0xb2 || c == 0xb3 || c == 0xb9;
  }

  static Text text(@Nullable Value value) {
    if (value instanceof Text text) {
      return text;
    }
    if (value instanceof Value.Undefined undefined) {
      throw undefined.used();
    }
    throw TemplateError.evaluation(
        "expected a string, got " + (value == null ? "nothing" : value.typeName()));
  }

  private static @Nullable Text optionalText(@Nullable Value value) {
    return value == null || value instanceof None ? null : text(value);
  }

  static long integer(Value value) {
    if (value instanceof Int || value instanceof Bool) {
      return Operators.toLong(value);
    }
    if (value instanceof Value.Undefined undefined) {
      throw undefined.used();
    }
    throw TemplateError.evaluation(
        "'" + value.typeName() + "' object cannot be interpreted as an integer");
  }
}
