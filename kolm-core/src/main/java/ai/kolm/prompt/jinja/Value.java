package ai.kolm.prompt.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A value a template can hold: Python's, as far as templates use them. Only {@link Namespace} and
 * {@link Generator} change after they are made.
 */
public sealed interface Value
    permits Text,
        Loop,
        Value.Int,
        Value.Real,
        Value.Bool,
        Value.None,
        Value.Undefined,
        Value.Seq,
        Value.Generator,
        Value.Dict,
        Value.Namespace,
        Value.Callable {

  /** What Python calls the type, for error messages. */
  String typeName();

  /** A whole number. Python's have no bound; here arithmetic beyond 64 bits is an error. */
  record Int(long value) implements Value {
    @Override
    public String typeName() {
      return "int";
    }
  }

  /** A floating point number. */
  record Real(double value) implements Value {
    @Override
    public String typeName() {
      return "float";
    }
  }

  /** {@code true} or {@code false}; counts as 1 or 0 in arithmetic. */
  record Bool(boolean value) implements Value {
    static final Bool TRUE = new Bool(true);
    static final Bool FALSE = new Bool(false);

    /** The shared value. */
    public static Bool of(boolean value) {
      return value ? TRUE : FALSE;
    }

    @Override
    public String typeName() {
      return "bool";
    }
  }

  /** {@code none}. */
  record None() implements Value {
    /** The only one needed. */
    public static final None NONE = new None();

    @Override
    public String typeName() {
      return "NoneType";
    }
  }

  /**
   * What a name or attribute that does not exist gives: prints as nothing, is empty and false; any
   * other use fails.
   *
   * @param reason made only when it is needed
   */
  record Undefined(Supplier<String> reason) implements Value {
    @Override
    public String typeName() {
      return "Undefined";
    }

    TemplateError used() {
      return TemplateError.evaluation(reason.get());
    }
  }

  /** What kind of sequence, where Python tells them apart. */
  enum SeqKind {
    LIST("list"),
    TUPLE("tuple"),
    RANGE("range"),
    DICT_KEYS("dict_keys"),
    DICT_VALUES("dict_values"),
    DICT_ITEMS("dict_items");

    private final String typeName;

    SeqKind(String typeName) {
      this.typeName = typeName;
    }

    /** Whether an item can be had by its index; a view of a dictionary only has a length. */
    boolean indexed() {
      return switch (this) {
        case LIST, TUPLE, RANGE -> true;
        case DICT_KEYS, DICT_VALUES, DICT_ITEMS -> false;
      };
    }
  }

  /** A list, tuple, range or view of a dictionary. */
  record Seq(SeqKind kind, List<Value> items) implements Value {
    /** The caller no longer changes {@code items}. */
    public Seq {
      items = Collections.unmodifiableList(items);
    }

    /** A list. */
    public static Seq list(List<Value> items) {
      return new Seq(SeqKind.LIST, items);
    }

    static Seq tuple(Value... items) {
      return new Seq(SeqKind.TUPLE, List.of(items));
    }

    @Override
    public String typeName() {
      return kind.typeName;
    }
  }

  /** Values that can be walked once. */
  record Generator(Iterator<Value> rest) implements Value {
    static Generator of(List<Value> items) {
      return new Generator(items.iterator());
    }

    @Override
    public String typeName() {
      return "generator";
    }
  }

  /** A dictionary in the order of insertion. Keys are scalars and equal as in Python. */
  final class Dict implements Value {
    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    /** One key and its value. */
    record Entry(Value key, Value value) {}

    /** Makes a dictionary. */
    public static final class Builder {
      private final Dict dict = new Dict();

      /** Adds or replaces; a key that is there keeps its place. */
      public Builder put(Text key, Value value) {
        return put((Value) key, value);
      }

      Builder put(Value key, Value value) {
        dict.entries.merge(
            hashable(key), new Entry(key, value), (old, now) -> new Entry(old.key(), value));
        return this;
      }

      int size() {
        return dict.entries.size();
      }

      /** The dictionary; the builder is spent. */
      public Dict build() {
        return dict;
      }
    }

    private Dict() {}

    /** Python finds 1, 1.0 and True under the same key. */
    static Object hashable(Value key) {
      return switch (key) {
        case Text text -> text.chars();
        case Int number -> number.value();
        case Bool bool -> bool.value() ? 1L : 0L;
        case Real real when real.value() == (long) real.value() -> (long) real.value();
        case Real real -> real.value();
        case None none -> none;
        case Undefined undefined -> undefined;
        case Seq _, Generator _, Dict _, Namespace _, Loop _, Callable _ ->
            throw TemplateError.evaluation("unhashable type: '" + key.typeName() + "'");
      };
    }

    @Nullable Value get(Value key) {
      Entry entry = entries.get(hashable(key));
      return entry == null ? null : entry.value();
    }

    @Nullable Value get(String key) {
      Entry entry = entries.get(key);
      return entry == null ? null : entry.value();
    }

    int size() {
      return entries.size();
    }

    Iterable<Entry> entries() {
      return entries.values();
    }

    List<Value> keys() {
      List<Value> keys = new ArrayList<>(entries.size());
      entries.values().forEach(entry -> keys.add(entry.key()));
      return keys;
    }

    List<Value> values() {
      List<Value> values = new ArrayList<>(entries.size());
      entries.values().forEach(entry -> values.add(entry.value()));
      return values;
    }

    List<Value> items() {
      List<Value> items = new ArrayList<>(entries.size());
      entries.values().forEach(entry -> items.add(Seq.tuple(entry.key(), entry.value())));
      return items;
    }

    @Override
    public String typeName() {
      return "dict";
    }
  }

  /** The one thing a template can change: {@code set ns.name = value}. */
  final class Namespace implements Value {
    private final Map<String, Value> attributes = new LinkedHashMap<>();

    @Nullable Value get(String name) {
      return attributes.get(name);
    }

    void set(String name, Value value) {
      if (name.startsWith("_")) {
        throw TemplateError.evaluation(
            "Chat templates cannot store underscore-prefixed attributes on a namespace, but got '"
                + name
                + "'. Please rename the attribute.");
      }
      attributes.put(name, value);
    }

    @Override
    public String typeName() {
      return "TemplateNamespace";
    }
  }

  /** Something that can be called: a macro, a method bound to its value, a global function. */
  non-sealed interface Callable extends Value {
    /** Calls it. */
    Value call(Arguments arguments);

    @Override
    default String typeName() {
      return "function";
    }
  }
}
