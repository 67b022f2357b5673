package ai.kolm.artifact;

import ai.kolm.json.CanonicalJson;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * The forms of fields that several objects of the manifest share. Each check throws {@link
 * IllegalArgumentException} with the name of the field, what was expected and what was given.
 */
final class ManifestChecks {
  static final int MAX_TEXT = 4_096;
  static final int MAX_LICENSE = 64;
  static final int MAX_LANGUAGES = 100;
  static final int MAX_CONTEXT = 1 << 24;
  static final int MAX_WEIGHTS = 256;

  private static final Pattern IDENT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Pattern LANGUAGE = Pattern.compile("[a-z]{2,3}");
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SHA256 = Pattern.compile("sha256:[0-9a-f]{64}");

  private ManifestChecks() {}

  static void check(boolean valid, String field, Object expected, Object actual) {
    if (!valid) {
      throw new IllegalArgumentException(
          "%s: expected %s, got %s".formatted(field, expected, actual));
    }
  }

  static void range(String field, long value, long least, long most) {
    check(value >= least && value <= most, field, least + " to " + most, value);
  }

  static void atLeastOne(String field, OptionalLong value) {
    value.ifPresent(n -> range(field, n, 1, CanonicalJson.MAX_INTEGER));
  }

  static void range(String field, double value, double least, double most) {
    check(value >= least && value <= most, field, least + " to " + most, value);
  }

  /** Lengths are in code points, as JSON Schema counts them. */
  static void length(String field, String text, int least, int most) {
    int length = text.codePointCount(0, text.length());
    check(
        length >= least && length <= most,
        field,
        "a text of %d to %d characters".formatted(least, most),
        length);
  }

  static void text(String field, String text) {
    length(field, text, 0, MAX_TEXT);
  }

  static void form(String field, String text, Pattern form) {
    check(form.matcher(text).matches(), field, form.pattern(), "\"" + text + "\"");
  }

  static void ident(String field, String text) {
    form(field, text, IDENT);
  }

  static void hex(String field, String text) {
    form(field, text, HEX);
  }

  static void sha256(String field, String text) {
    form(field, text, SHA256);
  }

  static void entryName(String field, String name) {
    boolean content =
        ContainerFormat.isName(name)
            && !name.equals(ContainerFormat.MANIFEST)
            && !name.startsWith(ContainerFormat.ATTEST);
    check(content, field, "the name of a content entry", "\"" + name + "\"");
  }

  static void count(String field, List<?> items, int least, int most) {
    check(
        items.size() >= least && items.size() <= most,
        field,
        "%d to %d items".formatted(least, most),
        items.size());
  }

  static void unique(String field, List<?> items, int least, int most) {
    count(field, items, least, most);
    check(new HashSet<>(items).size() == items.size(), field, "no item twice", items);
  }

  static void languages(List<String> languages) {
    unique("languages", languages, 0, MAX_LANGUAGES);
    languages.forEach(language -> form("languages", language, LANGUAGE));
  }

  /** Weights are in the artifact or another artifact has them: exactly one of the two. */
  static void weightsOrReference(List<String> weights, boolean reference) {
    check(weights.isEmpty() == reference, "weights", "either weights or ref", "both or neither");
    unique("weights", weights, 0, MAX_WEIGHTS);
    weights.forEach(name -> entryName("weights", name));
  }

  /** How the manifest writes a constant: {@code tool-use}. */
  static String id(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
