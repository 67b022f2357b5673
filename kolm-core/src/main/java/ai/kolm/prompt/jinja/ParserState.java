package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.TemplateError.Kind;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What both parsers keep while they read one template. */
final class ParserState {
  private final TokenStream tokens;
  private final int maxDepth;
  private final Set<String> strings = new HashSet<>();
  private Set<String> names = new HashSet<>();
  private int depth;

  /** Whether an unknown filter or test only fails when it is used: so it is under a condition. */
  private boolean lenient;

  private @Nullable TemplateError unknown;

  ParserState(TokenStream tokens, int maxDepth) {
    this.tokens = tokens;
    this.maxDepth = maxDepth;
  }

  /** Reads a part of the template. */
  interface Reading<T> {
    T read();
  }

  /** One level deeper: all recursion of the parsers goes through here. */
  <T> T nested(Reading<T> reading) {
    if (++depth > maxDepth) {
      throw new TemplateError(
          Kind.LIMIT, tokens.current().line(), "nested deeper than " + maxDepth);
    }
    T result = reading.read();
    depth--;
    return result;
  }

  Set<String> names() {
    return names;
  }

  Set<String> strings() {
    return strings;
  }

  /** The names mentioned while {@code reading}; they count as mentioned outside too. */
  <T> T collectingNames(Set<String> into, Reading<T> reading) {
    Set<String> outside = names;
    names = into;
    T result = reading.read();
    names = outside;
    names.addAll(into);
    return result;
  }

  <T> T leniently(boolean value, Reading<T> reading) {
    boolean outside = lenient;
    lenient = value;
    T result = reading.read();
    lenient = outside;
    return result;
  }

  /** Notes a filter or test that does not exist. */
  void unknown(String what, String name) {
    if (!lenient && unknown == null) {
      unknown = tokens.error("No " + what + " named '" + name + "'.");
    }
  }

  /** The first one that is used whatever the values are. */
  @Nullable TemplateError unknown() {
    return unknown;
  }

  /** Takes back what was noted since: it turned out to be under a condition. */
  void forgive(@Nullable TemplateError before) {
    unknown = before;
  }
}
