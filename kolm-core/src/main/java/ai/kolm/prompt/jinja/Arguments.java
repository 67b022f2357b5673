package ai.kolm.prompt.jinja;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of one call.
 *
 * @param positional in order
 * @param named by name, in order
 */
record Arguments(List<Value> positional, Map<String, Value> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  static Arguments of(Value... positional) {
    return new Arguments(List.of(positional), Map.of());
  }

  /** The same without the first {@code n} positional arguments. */
  Arguments from(int n) {
    return new Arguments(positional.subList(n, positional.size()), named);
  }

  /**
   * The arguments in the order of the parameters; {@code null} where none was given.
   *
   * @param callee for the error message
   * @throws TemplateError if there are more arguments than parameters, an unknown name, or two
   *     values for one parameter
   */
  @Nullable Value[] bind(String callee, String... parameters) {
    if (positional.size() > parameters.length) {
      throw TemplateError.evaluation(
          "%s takes at most %d arguments (%d given)"
              .formatted(callee, parameters.length, positional.size()));
    }
    @Nullable Value[] bound = new @Nullable Value[parameters.length];
    for (int i = 0; i < positional.size(); i++) {
      bound[i] = positional.get(i);
    }
    named.forEach(
        (name, value) -> {
          int i = Arrays.asList(parameters).indexOf(name);
          if (i < 0) {
            throw TemplateError.evaluation(
                "%s got an unexpected keyword argument '%s'".formatted(callee, name));
          }
          if (bound[i] != null) {
            throw TemplateError.evaluation(
                "%s got multiple values for argument '%s'".formatted(callee, name));
          }
          bound[i] = value;
        });
    return bound;
  }

  /** The one argument. */
  Value only(String callee) {
    if (positional.size() != 1 || !named.isEmpty()) {
      throw TemplateError.evaluation(
          "%s takes exactly one argument (%d given)"
              .formatted(callee, positional.size() + named.size()));
    }
    return positional.getFirst();
  }

  /** Refuses any argument. */
  void none(String callee) {
    if (!positional.isEmpty() || !named.isEmpty()) {
      throw TemplateError.evaluation(callee + " takes no arguments");
    }
  }

  /** The named arguments that can be taken out one by one. */
  Map<String, Value> namedCopy() {
    return new LinkedHashMap<>(named);
  }
}
