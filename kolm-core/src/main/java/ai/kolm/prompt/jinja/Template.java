package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.TemplateError.Kind;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A template that was read: immutable, safe for use by many threads. */
public final class Template {
  private final List<Stmt> body;
  private final Set<String> names;
  private final Set<String> strings;

  Template(List<Stmt> body, Set<String> names, Set<String> strings) {
    this.body = List.copyOf(body);
    this.names = Set.copyOf(names);
    this.strings = Set.copyOf(strings);
  }

  /**
   * Reads a template.
   *
   * @param maxLength of the source, in characters
   * @param maxDepth how deep tags and brackets may be nested in one another
   * @throws TemplateError if the source is no template or beyond a limit
   */
  public static Template parse(String source, int maxLength, int maxDepth) {
    if (source.length() > maxLength) {
      throw new TemplateError(
          Kind.LIMIT, 1, "a source of more than %,d characters".formatted(maxLength));
    }
    return new Parser(Lexer.tokens(source), maxDepth).parse();
  }

  /**
   * Renders the template.
   *
   * @param variables by name
   * @param clock what {@code strftime_now} reads
   * @param budget what the rendering may cost; used up by it
   * @throws TemplateError if the template raises, does what its values cannot, or costs too much
   */
  public Text render(Map<String, Value> variables, Clock clock, Budget budget) {
    Scope globals = new Scope(null);
    Functions.all(clock, budget).forEach(globals::set);
    Scope scope = new Scope(globals);
    variables.forEach(scope::set);
    return new Interpreter(budget).render(body, scope);
  }

  /** Every variable that the template reads, its own included. */
  public Set<String> names() {
    return names;
  }

  /** Every string constant of the template. */
  public Set<String> strings() {
    return strings;
  }
}
