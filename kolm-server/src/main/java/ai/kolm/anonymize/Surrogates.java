package ai.kolm.anonymize;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Made-up values for one conversation: of the same class and shape as what they stand for, decided
 * by key, scope and value alone. Within a conversation, one value has one surrogate, and different
 * values have different ones: a surrogate that is taken is made anew with the next number, in the
 * order in which values first appear, which is the same whenever the conversation is sent again.
 * For one thread.
 */
final class Surrogates {
  private static final int ATTEMPTS = 1_000;
  private static final int DAYS = 365;

  private final PseudonymKey key;
  private final NameLists lists;
  private final String scope;
  private final Map<String, String> chosen = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final int shift;

  Surrogates(PseudonymKey key, NameLists lists, String scope) {
    this.key = key;
    this.lists = lists;
    this.scope = scope;
    int days = new KeyedDigits(key, scope + "\0shift").next(2 * DAYS) - DAYS;
    shift = days < 0 ? days - 1 : days + 1;
  }

  /** What stands for {@code text}, which is of class {@code type}. */
  String of(EntityClass type, String text) {
    return switch (type) {
      case NAME, PLACE -> words(type, text);
      case ADDRESS -> address(text);
      case DATE -> date(text);
      default -> choose(type, text);
    };
  }

  /** Word by word, so that "Mr. Doe" agrees with "John Doe". */
  private String words(EntityClass type, String text) {
    StringBuilder result = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      int end = i;
      while (end < text.length() && isPartOfWord(text, end)) {
        end++;
      }
      if (end > i) {
        result.append(word(type, text.substring(i, end)));
        i = end;
      } else {
        result.append(text.charAt(i));
        i++;
      }
    }
    return result.toString();
  }

  private static boolean isPartOfWord(String text, int at) {
    int type = Character.getType(text.charAt(at));
    return Character.isLetter(text.charAt(at))
        || type == Character.NON_SPACING_MARK
        || type == Character.FORMAT
        || Character.isSurrogate(text.charAt(at));
  }

  private String word(EntityClass type, String word) {
    boolean generic =
        type == EntityClass.PLACE
            && lists.isWord(word.toLowerCase(Locale.ROOT))
            && !lists.isGiven(word.toLowerCase(Locale.ROOT));
    return word.length() == 1 && type == EntityClass.NAME
        ? choose(EntityClass.NAME, word)
        : generic ? word : choose(type, word);
  }

  /** The words of a street, its numbers by shape; what only says "street" stays. */
  private String address(String text) {
    StringBuilder result = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      int end = i;
      boolean letters = Character.isLetter(text.charAt(i));
      while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
        end++;
      }
      if (end == i) {
        result.append(text.charAt(i++));
        continue;
      }
      String part = text.substring(i, end);
      boolean keep = letters && AddressDetector.isDesignation(part);
      boolean named = letters && part.length() > 1;
      EntityClass type = named ? EntityClass.PLACE : EntityClass.ADDRESS;
      result.append(keep ? part : choose(type, part));
      i = end;
    }
    return result.toString();
  }

  private String date(String text) {
    Tokens tokens = new Tokens(new MatchingView(text));
    if (tokens.size() > 0) {
      var found = DateParser.at(tokens, 0);
      if (found.isPresent()) {
        DateForm form = found.get().form();
        String moved = form.write(form.date().plusDays(shift));
        int end = tokens.view().originEnd(tokens.end(found.get().last()));
        return moved + text.substring(end);
      }
    }
    return choose(EntityClass.DATE, text);
  }

  private String choose(EntityClass type, String text) {
    String normal = normal(text);
    String id = group(type) + '\0' + normal;
    String known = chosen.get(id);
    for (int attempt = 0; known == null && attempt < ATTEMPTS; attempt++) {
      KeyedDigits digits = new KeyedDigits(key, scope + '\0' + id + '\0' + attempt);
      String made = make(type, normal, text, digits);
      boolean free = !normal(made).equals(normal) && taken.add(group(type) + '\0' + normal(made));
      known = free || attempt + 1 == ATTEMPTS || normal.length() < 3 ? made : null;
    }
    String surrogate = known == null ? text : known;
    chosen.putIfAbsent(id, surrogate);
    return dressed(surrogate, text, type);
  }

  /** Names are one group with places, numbers are one group: the class may be uncertain. */
  private static String group(EntityClass type) {
    return switch (type) {
      case NAME, PLACE -> "name";
      default -> "value";
    };
  }

  /** What makes two writings the same value. */
  private static String normal(String text) {
    MatchingView view = new MatchingView(text);
    return view.text(0, view.length()).toLowerCase(Locale.ROOT);
  }

  private String make(EntityClass type, String normal, String text, KeyedDigits digits) {
    return switch (type) {
      case NAME -> name(normal, digits);
      case PLACE -> lists.towns().get(digits.next(lists.towns().size()));
      case EMAIL -> "%s@example%d.com".formatted(name(normal, digits), digits.next(1000));
      case URL -> "https://www.example%d.com/%s".formatted(digits.next(1000), path(digits));
      case IP -> ip(normal, digits);
      case CARD -> card(text, digits);
      case SSN -> ssn(text, digits);
      case PHONE -> phone(text, digits);
      case IBAN -> iban(text, digits);
      case VIN -> vin(text, digits);
      case AGE -> Integer.toString(90 + digits.next(10));
      default -> digits.sameShape(text);
    };
  }

  private String name(String normal, KeyedDigits digits) {
    if (normal.length() == 1) {
      return Character.toString(digits.letter('a'));
    }
    var pool = lists.isGiven(normal) ? lists.given() : lists.family();
    return pool.get(digits.next(pool.size()));
  }

  private static String path(KeyedDigits digits) {
    return digits.sameShape("aaaaaa");
  }

  private static String ip(String normal, KeyedDigits digits) {
    if (normal.indexOf(':') >= 0) {
      return "2001:db8::%x:%x".formatted(digits.next(65_536), digits.next(65_536));
    }
    String[] reserved = {"192.0.2", "198.51.100", "203.0.113"};
    return reserved[digits.next(3)] + "." + (1 + digits.next(254));
  }

  private static String digitsOf(String text) {
    StringBuilder digits = new StringBuilder();
    text.chars().filter(Character::isDigit).forEach(c -> digits.append((char) c));
    return digits.toString();
  }

  /** From a range that no bank issues, with a check digit that fits. */
  private static String card(String text, KeyedDigits digits) {
    StringBuilder number = new StringBuilder("400000");
    while (number.length() < digitsOf(text).length()) {
      number.append(digits.digit());
    }
    return KeyedDigits.withDigits(text, CheckDigits.withLuhn(number.toString()));
  }

  /** Areas from 900 on are never issued. */
  private static String ssn(String text, KeyedDigits digits) {
    String rest = digits.sameShape("1111111");
    return KeyedDigits.withDigits(text, "9" + digits.digit() + rest);
  }

  /** 555-0100 to 555-0199 are set aside for stories. */
  private static String phone(String text, KeyedDigits digits) {
    String own = digitsOf(text);
    if (own.length() < 7 || (text.indexOf('+') >= 0 && !own.startsWith("1"))) {
      return digits.sameShape(text);
    }
    String line = "55501%c%c".formatted(digits.digit(), digits.digit());
    int before = own.length() > 11 ? 10 : own.length();
    String head =
        own.length() > 7
            ? "%d%d%d".formatted(2 + digits.next(8), digits.next(10), digits.next(10))
            : "";
    String country = before == 11 ? "1" : "";
    StringBuilder all = new StringBuilder(country + head + line);
    while (all.length() < own.length()) {
      all.append(digits.digit());
    }
    return KeyedDigits.withDigits(text, all.toString());
  }

  private static String iban(String text, KeyedDigits digits) {
    String own = text.replace(" ", "");
    String made = own.substring(0, 4) + digits.sameShape(own.substring(4));
    String valid = CheckDigits.withIbanCheck(made.toUpperCase(Locale.ROOT));
    StringBuilder result = new StringBuilder();
    int next = 0;
    for (int i = 0; i < text.length(); i++) {
      result.append(text.charAt(i) == ' ' ? ' ' : valid.charAt(next++));
    }
    return result.toString();
  }

  private static String vin(String text, KeyedDigits digits) {
    String letters = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
    StringBuilder made = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      made.append(letters.charAt(digits.next(letters.length())));
    }
    if (text.length() == 17) {
      made.setCharAt(8, CheckDigits.vinCheck(made.toString()));
    }
    return made.toString();
  }

  /** A name is written as the one it stands for: in capitals, with one, or without. */
  private static String dressed(String surrogate, String like, EntityClass type) {
    if (type != EntityClass.NAME && type != EntityClass.PLACE) {
      return surrogate;
    }
    if (like.length() > 1 && like.equals(like.toUpperCase(Locale.ROOT))) {
      return surrogate.toUpperCase(Locale.ROOT);
    }
    return Character.isUpperCase(like.charAt(0))
        ? Character.toUpperCase(surrogate.charAt(0)) + surrogate.substring(1)
        : surrogate;
  }
}
