package ai.kolm.prompt.jinja;

import ai.kolm.prompt.jinja.Value.Bool;
import ai.kolm.prompt.jinja.Value.Callable;
import ai.kolm.prompt.jinja.Value.Int;
import ai.kolm.prompt.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The {@code loop} variable. Items are taken from their source when they are needed, as jinja2
 * does: a condition on the loop may depend on what its body did before.
 */
final class Loop implements Value {
  private final UnaryOperator<Value> recurse;
  private final int depth;
  private final @Nullable Seq known;
  private Iterator<Value> source;
  private long index0 = -1;
  private @Nullable Value before;
  private @Nullable Value current;
  private @Nullable Value after;
  private List<Value> lastChecked = List.of();
  private boolean checked;

  /**
   * @param known the items, if they are a sequence that no condition thins out
   * @param recurse renders the loop again over other items
   * @param depth of recursion, from 0
   */
  Loop(Iterator<Value> source, @Nullable Seq known, UnaryOperator<Value> recurse, int depth) {
    this.source = source;
    this.known = known;
    this.recurse = recurse;
    this.depth = depth;
  }

  boolean hasNext() {
    return after != null || source.hasNext();
  }

  Value next() {
    before = current;
    current = after != null ? after : source.next();
    after = null;
    index0++;
    return current;
  }

  private @Nullable Value peek() {
    if (after == null && source.hasNext()) {
      after = source.next();
    }
    return after;
  }

  long length() {
    if (known != null) {
      return known.items().size();
    }
    List<Value> rest = new ArrayList<>();
    source.forEachRemaining(rest::add);
    source = rest.iterator();
    return rest.size() + index0 + 1 + (after == null ? 0 : 1);
  }

  /** Renders the loop over the items of one of its items. */
  Value recurse(Arguments arguments) {
    return recurse.apply(arguments.only("loop()"));
  }

  @Nullable Value attribute(String name, Budget budget) {
    return switch (name) {
      case "index" -> new Int(index0 + 1);
      case "index0" -> new Int(index0);
      case "first" -> Bool.of(index0 == 0);
      case "last" -> Bool.of(peek() == null);
      case "length" -> new Int(length());
      case "revindex" -> new Int(length() - index0);
      case "revindex0" -> new Int(length() - index0 - 1);
      case "depth" -> new Int(depth + 1L);
      case "depth0" -> new Int(depth);
      case "previtem" -> before == null ? new Undefined(() -> "there is no previous item") : before;
      case "nextitem" -> {
        Value next = peek();
        yield next == null ? new Undefined(() -> "there is no next item") : next;
      }
      case "cycle" -> (Callable) this::cycle;
      case "changed" -> (Callable) arguments -> changed(arguments, budget);
      default -> null;
    };
  }

  private Value cycle(Arguments arguments) {
    List<Value> values = arguments.positional();
    if (values.isEmpty()) {
      throw TemplateError.evaluation("no items for cycling given");
    }
    return values.get((int) (index0 % values.size()));
  }

  private Value changed(Arguments arguments, Budget budget) {
    List<Value> now = arguments.positional();
    boolean same = checked && Comparisons.equal(Seq.list(lastChecked), Seq.list(now), budget);
    lastChecked = now;
    checked = true;
    return Bool.of(!same);
  }

  @Override
  public String typeName() {
    return "LoopContext";
  }
}
