package ai.kolm.chat;

import ai.kolm.grammar.Grammar;
import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.tokenizer.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compiled grammars of one vocabulary, the least recently used given up first. A grammar grows
 * while it is used, so what all of them take is counted anew whenever one is asked for. One that is
 * in use lives on without the cache.
 *
 * <p>The compiler reads the whole vocabulary when it is made, so that is left to the first request
 * that needs it.
 *
 * <p>Safe for use by many threads. Two that ask for the same new grammar both compile it; the
 * others do not wait for them.
 */
final class GrammarCache {
  private final Vocabulary vocabulary;
  private final Set<Integer> endTokens;
  private final GrammarLimits limits;
  private final long maxBytes;
  private final Map<String, Grammar> grammars = new LinkedHashMap<>(16, 0.75f, true);
  private final LongAdder compileNanos = new LongAdder();
  private @Nullable GrammarCompiler compiler;

  /**
   * @param vocabulary of the model
   * @param endTokens that end an answer of the model
   * @param limits of each grammar
   * @param maxBytes that the grammars kept may take together
   */
  GrammarCache(Vocabulary vocabulary, Set<Integer> endTokens, GrammarLimits limits, long maxBytes) {
    this.vocabulary = vocabulary;
    this.endTokens = Set.copyOf(endTokens);
    this.limits = limits;
    this.maxBytes = maxBytes;
  }

  /**
   * The grammar of {@code source}.
   *
   * @param source all that decides what the grammar is
   * @param compile makes it
   */
  Grammar get(String source, Function<GrammarCompiler, Grammar> compile) {
    String key = digest(source);
    Grammar known = find(key);
    if (known != null) {
      return known;
    }
    long start = System.nanoTime();
    try {
      Grammar made = compile.apply(compiler());
      put(key, made);
      return made;
    } finally {
      compileNanos.add(System.nanoTime() - start);
    }
  }

  private synchronized @Nullable Grammar find(String key) {
    Grammar found = grammars.get(key);
    evict();
    return found;
  }

  private synchronized void put(String key, Grammar grammar) {
    grammars.put(key, grammar);
    evict();
  }

  private synchronized GrammarCompiler compiler() {
    if (compiler == null) {
      compiler = new GrammarCompiler(vocabulary, endTokens, limits);
    }
    return compiler;
  }

  private void evict() {
    long total = grammars.values().stream().mapToLong(Grammar::bytes).sum();
    Iterator<Grammar> oldest = grammars.values().iterator();
    while (total > maxBytes && oldest.hasNext()) {
      total -= oldest.next().bytes();
      oldest.remove();
    }
  }

  /** The time that compiling took so far. */
  Duration compileTime() {
    return Duration.ofNanos(compileNanos.sum());
  }

  /** How many grammars are kept. */
  synchronized int size() {
    return grammars.size();
  }

  /** The key holds no source: that of a schema can be a megabyte. */
  private static String digest(String source) {
    try {
      byte[] bytes = source.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
