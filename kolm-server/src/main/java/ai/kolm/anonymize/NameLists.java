package ai.kolm.anonymize;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Given and family names, by how common they are, and words of ordinary English. The names are
 * those of the United States Census of 1990, which are in the public domain; {@code
 * scripts/name_lists.py} makes the files.
 */
final class NameLists {
  private static final int GIVEN = 1;
  private static final int FAMILY = 2;
  private static final int WORD = 4;

  private final List<String> given;
  private final List<String> family;
  private final List<String> towns;
  private final Map<String, Integer> bits = new HashMap<>();

  /** Reads the lists that come with kolm. */
  NameLists() {
    given = read("given.txt");
    family = read("family.txt");
    towns = read("towns.txt");
    add(given, GIVEN);
    add(family, FAMILY);
    add(read("words.txt"), WORD);
  }

  private void add(List<String> list, int bit) {
    list.forEach(word -> bits.merge(word, bit, (a, b) -> a | b));
  }

  private static List<String> read(String name) {
    try (InputStream in = NameLists.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("kolm was built without " + name);
      }
      try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, UTF_8))) {
        return new ArrayList<>(reader.lines().filter(line -> !line.startsWith("#")).toList());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Given names in small letters, the most common first. */
  List<String> given() {
    return given;
  }

  /** Family names in small letters, the most common first. */
  List<String> family() {
    return family;
  }

  /** Names of towns, for surrogates. */
  List<String> towns() {
    return towns;
  }

  boolean isGiven(String lower) {
    return isGiven(bits(lower));
  }

  /** Whether bits are those of a given name, whatever else it may be. */
  static boolean isGiven(int bits) {
    return (bits & GIVEN) != 0;
  }

  boolean isFamily(String lower) {
    return (bits(lower) & FAMILY) != 0;
  }

  /** Whether this is a word of ordinary English, whatever else it may be. */
  boolean isWord(String lower) {
    return (bits(lower) & WORD) != 0;
  }

  /** What the lists say of a word: three bits, for given names, family names and other words. */
  int bits(String lower) {
    return bits.getOrDefault(lower, 0);
  }

  /** Whether bits are those of a name that is no other word. */
  static boolean onlyName(int bits) {
    return bits > 0 && bits < WORD;
  }

  /** Whether bits are those of a word that is no name. */
  static boolean onlyWord(int bits) {
    return bits == WORD;
  }
}
