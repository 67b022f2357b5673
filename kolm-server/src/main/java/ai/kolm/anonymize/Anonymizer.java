package ai.kolm.anonymize;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Replaces what identifies people in texts:
 *
 * <pre>{@code
 * Anonymizer anonymizer = new Anonymizer();
 * Anonymizer.Conversation conversation =
 *     anonymizer.conversation(key, key.scope("openai" + firstUserMessage), Style.SURROGATE);
 * String safe = conversation.text("Patient John Doe, MRN 8847").text();
 * }</pre>
 *
 * <p>Checked identifiers, values that a word announces, dates, addresses and names are found by
 * detectors that each walk over the text once, so that no text takes more than time in proportion
 * to its length. Where findings overlap, the longest holds. In their place come values of the same
 * class and shape, the same for the same value within a conversation.
 *
 * <p>This is a filter whose recall is measured on named data; see docs/anonymizer.md. It is safe
 * for use by many threads; a {@link Conversation} is for one.
 */
public final class Anonymizer {
  /** What comes into the place of a finding. */
  public enum Style {
    /** A made-up value of the same shape. */
    SURROGATE,
    /** The class and a number: {@code [NAME_1]}. */
    TAG
  }

  private final NameLists lists = new NameLists();
  private final List<Detector> detectors =
      List.of(
          new ContactDetector(),
          new NumberDetector(),
          new SecretDetector(),
          new LabelDetector(),
          new DateDetector(),
          new AddressDetector(),
          new AddressAbroad(),
          new NameDetector(lists));

  /** An anonymiser with the lists and the tagger that come with kolm. */
  public Anonymizer() {}

  /** Names the rules and their version, for the records they were applied to. */
  public static String profile() {
    return "kolm-phi/1";
  }

  /** What in {@code text} may identify somebody, in order and without overlaps. */
  public List<Span> find(String text) {
    Tokens tokens = new Tokens(new MatchingView(text));
    Findings findings = new Findings(tokens);
    for (Detector detector : detectors) {
      detector.find(tokens, findings);
    }
    return findings.resolve();
  }

  /** Texts that belong together. */
  public Conversation conversation(PseudonymKey key, String scope, Style style) {
    return new Conversation(new Surrogates(key, lists, scope), style);
  }

  /** Replaces in the texts of one conversation. For one thread. */
  public final class Conversation {
    private final Surrogates surrogates;
    private final Style style;
    private final Map<EntityClass, Integer> counts = new EnumMap<>(EntityClass.class);
    private final Map<String, String> tags = new HashMap<>();
    private final Map<EntityClass, Integer> tagged = new EnumMap<>(EntityClass.class);

    private Conversation(Surrogates surrogates, Style style) {
      this.surrogates = surrogates;
      this.style = style;
    }

    /** {@code text} with surrogates. */
    public AnonymizedText text(String text) {
      List<Span> replaced = new ArrayList<>();
      StringBuilder result = new StringBuilder(text.length());
      int from = 0;
      for (Span span : find(text)) {
        result.append(text, from, span.start());
        int start = result.length();
        result.append(replacement(span.type(), text.substring(span.start(), span.end())));
        if (result.length() > start) {
          replaced.add(new Span(start, result.length(), span.type()));
        }
        from = span.end();
      }
      result.append(text, from, text.length());
      return new AnonymizedText(result.toString(), replaced);
    }

    /** A whole value, of which it is known what it is. */
    String value(EntityClass type, String text) {
      return text.isBlank() ? text : replacement(type, text);
    }

    private String replacement(EntityClass type, String text) {
      counts.merge(type, 1, Integer::sum);
      if (style == Style.SURROGATE) {
        return surrogates.of(type, text);
      }
      return tags.computeIfAbsent(
          type + "\0" + text, _ -> "[%s_%d]".formatted(type, tagged.merge(type, 1, Integer::sum)));
    }

    /** How much of each class has been replaced. */
    public Map<EntityClass, Integer> counts() {
      return new EnumMap<>(counts);
    }
  }
}
