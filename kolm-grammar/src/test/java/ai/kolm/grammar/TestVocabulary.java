package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.tokenizer.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;

/** A small vocabulary: all bytes, some longer tokens, two end tokens, a control token. */
public final class TestVocabulary implements Vocabulary {
  /** Tokens that cross the borders of JSON's own tokens, characters and escapes. */
  static final List<String> JSON =
      List.of(
          "{\"",
          "\":",
          "\": ",
          "\",",
          "\", \"",
          "\"}",
          "\"]",
          "\"}}",
          "\"}]",
          "\":\"",
          "\":{\"",
          "\":[",
          "\":[\"",
          "\":1,\"",
          "},{\"",
          "],[",
          "}}",
          "]]",
          "]}",
          "}]",
          "},",
          "],",
          "[[",
          "[{\"",
          "[\"",
          "\",\"",
          "true",
          "false",
          "null",
          "tr",
          "ue}",
          "null,",
          "fal",
          "12",
          "10",
          "00",
          "0.",
          ".5",
          "1.0",
          "1,",
          "2]",
          "3}",
          "-1",
          "e1",
          "E+",
          "1e",
          ", ",
          ",\n",
          "\n  ",
          "\n",
          "  ",
          ": ",
          "foo",
          "bar",
          "foo\"",
          "bar\":",
          "ba",
          "az",
          "quux",
          "a\"",
          "\\n",
          "\\\"",
          "\\u00",
          "\\ud83d",
          "\\ude00",
          "é",
          "日本",
          "日\"",
          "😀",
          "\u00e9\":",
          "the",
          " name",
          "type",
          "\"type\":\"",
          "\"foo\":",
          "\"bar\":",
          "{\"foo\":",
          "{\"bar\":1",
          "[1,",
          "[1,2",
          "\"\"",
          "{}",
          "[]",
          "{},",
          "[]]",
          "\"a\",\"b\"",
          "2020-12-31",
          "x\\",
          "\\\\");

  private final List<byte[]> tokens = new ArrayList<>();
  private final int control;
  private final Set<Integer> ends;

  TestVocabulary(List<String> longer) {
    for (int b = 0; b < 256; b++) {
      tokens.add(new byte[] {(byte) b});
    }
    longer.forEach(token -> tokens.add(token.getBytes(UTF_8)));
    tokens.add("foo".getBytes(UTF_8));
    tokens.add("日".substring(0, 1).getBytes(UTF_8));
    tokens.add(Arrays.copyOf("日".getBytes(UTF_8), 2));
    control = tokens.size();
    tokens.add("<|tool|>".getBytes(UTF_8));
    ends = Set.of(tokens.size(), tokens.size() + 1);
    tokens.add("<|end|>".getBytes(UTF_8));
    tokens.add("<|eot|>".getBytes(UTF_8));
  }

  public static TestVocabulary json() {
    return new TestVocabulary(JSON);
  }

  /** For texts of few letters, with tokens that end one string and begin and end the next. */
  static TestVocabulary finite() {
    List<String> all = new ArrayList<>(JSON);
    all.addAll(
        List.of(
            "a\":1",
            "\":1,\"b\":",
            "\":true,\"",
            "\",\"b\"",
            "1,\"a\",2",
            "[\"a\",",
            "\\u0061",
            "u006",
            "1\\u0062\"",
            "{\"a\":[",
            "aba",
            "ab\"",
            "bb",
            "105",
            "[0,{}]}",
            "true,\"c\":1}"));
    return new TestVocabulary(all);
  }

  int control() {
    return control;
  }

  int end() {
    return size() - 2;
  }

  /** Some way to write {@code text}: at each place any of the tokens that fit. */
  List<Integer> tokenize(byte[] text, Random random) {
    List<Integer> ids = new ArrayList<>();
    for (int at = 0; at < text.length; ) {
      List<Integer> fitting = new ArrayList<>();
      for (int id = 0; id < control; id++) {
        byte[] token = tokens.get(id);
        boolean fits =
            at + token.length <= text.length
                && Arrays.equals(token, 0, token.length, text, at, at + token.length);
        if (fits) {
          fitting.add(id);
        }
      }
      int id = fitting.get(random.nextInt(fitting.size()));
      ids.add(id);
      at += tokens.get(id).length;
    }
    return ids;
  }

  /** What tokens write. */
  byte[] text(List<Integer> ids) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ids.forEach(id -> out.writeBytes(kind(id) == Kind.CONTROL ? new byte[0] : bytes(id)));
    return out.toByteArray();
  }

  @Override
  public int size() {
    return tokens.size();
  }

  @Override
  public Kind kind(int id) {
    return id < 256 ? Kind.BYTE : id >= control ? Kind.CONTROL : Kind.NORMAL;
  }

  @Override
  public byte[] bytes(int id) {
    return tokens.get(id).clone();
  }

  @Override
  public String name(int id) {
    return new String(tokens.get(id), UTF_8);
  }

  @Override
  public OptionalInt id(String name) {
    for (int id = 256; id < size(); id++) {
      if (name(id).equals(name)) {
        return OptionalInt.of(id);
      }
    }
    return OptionalInt.empty();
  }

  @Override
  public OptionalInt bos() {
    return OptionalInt.empty();
  }

  @Override
  public boolean addsBos() {
    return false;
  }

  @Override
  public Set<Integer> endTokens() {
    return ends;
  }
}
