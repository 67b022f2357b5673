package ai.kolm.anonymize;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Notes with made-up people, and where in them the people are. What is drawn depends on the seed
 * only. Training and test have templates, names, towns and formats of their own.
 */
final class NoteGenerator {
  private static final List<String> DX =
      List.of(
          "asthma",
          "type 2 diabetes",
          "hypertension",
          "knee pain",
          "migraine",
          "pneumonia",
          "a fractured wrist",
          "atrial fibrillation",
          "low back pain",
          "anemia");
  private static final List<String> DRUGS =
      List.of(
          "lisinopril",
          "metformin",
          "Lipitor",
          "amoxicillin",
          "Tylenol",
          "insulin",
          "warfarin",
          "albuterol",
          "Zofran",
          "prednisone");
  private static final List<String> STATES =
      List.of("OH", "TX", "CA", "NY", "WA", "GA", "IL", "MA");

  private final Random random;
  private final Names names;
  private final List<String> templates;
  private final boolean test;

  /**
   * Names to draw from.
   *
   * @param given given names, written as names are
   * @param family family names
   * @param towns towns
   */
  record Names(List<String> given, List<String> family, List<String> towns) {}

  /**
   * A note.
   *
   * @param text what it says
   * @param truth what in it identifies somebody
   */
  record Note(String text, List<Span> truth) {}

  NoteGenerator(long seed, Names names, List<String> templates, boolean test) {
    this.random = new Random(seed);
    this.names = names;
    this.templates = templates;
    this.test = test;
  }

  static List<String> templates(String file) throws IOException {
    try (InputStream in = NoteGenerator.class.getResourceAsStream("/notes/" + file)) {
      if (in == null) {
        throw new IOException("no notes/" + file);
      }
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }

  /** A note of so many sentences. */
  Note next(int sentences) {
    StringBuilder text = new StringBuilder();
    List<Span> truth = new ArrayList<>();
    for (int i = 0; i < sentences; i++) {
      if (i > 0) {
        text.append(random.nextInt(3) == 0 ? "\n" : " ");
      }
      fill(pick(templates), text, truth);
    }
    return new Note(text.toString(), truth);
  }

  /** The sentences of one template. */
  void fill(String template, StringBuilder text, List<Span> truth) {
    int i = 0;
    while (i < template.length()) {
      int open = template.indexOf('{', i);
      int close = open < 0 ? -1 : template.indexOf('}', open);
      if (close < 0) {
        text.append(template, i, template.length());
        return;
      }
      text.append(template, i, open);
      slot(template.substring(open + 1, close), text, truth);
      i = close + 1;
    }
  }

  private void slot(String slot, StringBuilder text, List<Span> truth) {
    int start = text.length();
    text.append(value(slot));
    EntityClass type =
        switch (slot) {
          case "N", "G", "L", "LF" -> EntityClass.NAME;
          case "CITY", "HOSP" -> EntityClass.PLACE;
          case "ADDR" -> EntityClass.ADDRESS;
          case "ACCT" -> EntityClass.ACCOUNT;
          case "LIC" -> EntityClass.LICENCE;
          case "FAX" -> EntityClass.PHONE;
          case "AGE90" -> EntityClass.AGE;
          case "DX", "DRUG", "AGE", "STATE" -> null;
          default -> EntityClass.valueOf(slot);
        };
    if (type != null) {
      truth.add(new Span(start, text.length(), type));
    }
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private int number(int low, int high) {
    return low + random.nextInt(high - low);
  }

  private String digits(int count) {
    StringBuilder digits = new StringBuilder();
    digits.append((char) ('1' + random.nextInt(9)));
    while (digits.length() < count) {
      digits.append((char) ('0' + random.nextInt(10)));
    }
    return digits.toString();
  }

  private String letters(int count) {
    StringBuilder letters = new StringBuilder();
    while (letters.length() < count) {
      letters.append((char) ('A' + random.nextInt(26)));
    }
    return letters.toString();
  }

  private String value(String slot) {
    return switch (slot) {
      case "N" -> fullName();
      case "G" -> pick(names.given());
      case "L" -> pick(names.family());
      case "LF" -> pick(names.family()) + ", " + pick(names.given());
      case "CITY" -> pick(names.towns());
      case "HOSP" -> hospital();
      case "DX" -> pick(DX);
      case "DRUG" -> pick(DRUGS);
      case "STATE" -> pick(STATES);
      case "AGE" -> Integer.toString(number(18, 89));
      case "AGE90" -> Integer.toString(number(90, 106));
      case "DATE" -> date();
      case "PHONE", "FAX" -> phone();
      case "EMAIL" ->
          (pick(names.given()) + "." + pick(names.family()))
                  .toLowerCase(Locale.ROOT)
                  .replaceAll("[^a-z.]", "")
              + digits(2)
              + "@"
              + (test ? "posteo.de" : "example.org");
      case "MRN" ->
          test ? pick(List.of(digits(4), digits(7), letters(2) + digits(6))) : digits(number(4, 9));
      case "ACCT" -> test ? letters(3) + "-" + digits(8) : digits(9);
      case "LIC" -> test ? letters(1) + digits(8) : letters(2) + digits(6);
      case "SERIAL" -> letters(2) + digits(5) + letters(1);
      case "PLATE" -> test ? letters(3) + "-" + digits(4) : letters(3) + digits(3);
      case "ROOM" -> digits(3) + (random.nextBoolean() ? "B" : "");
      case "ZIP" -> random.nextInt(3) == 0 ? digits(5) + "-" + digits(4) : digits(5);
      case "ADDR" -> address();
      default -> checked(slot);
    };
  }

  private String checked(String slot) {
    return switch (slot) {
      case "SSN" -> "%d-%02d-%04d".formatted(number(100, 665), number(1, 99), number(1, 9999));
      case "IP" -> "%d.%d.%d.%d".formatted(number(1, 255), number(0, 255), number(0, 255), 7);
      case "URL" -> "https://" + letters(6).toLowerCase(Locale.ROOT) + ".net/p/" + digits(5);
      case "CARD" -> CheckDigits.withLuhn("4" + digits(15)).replaceAll("(....)(?=.)", "$1 ");
      case "NPI" -> npi();
      case "DEA" -> dea();
      case "VIN" -> vin();
      case "IBAN" -> CheckDigits.withIbanCheck("DE00" + digits(18));
      default -> throw new IllegalArgumentException("no slot " + slot);
    };
  }

  private String npi() {
    String body = "1" + digits(8);
    for (int check = 0; check < 10; check++) {
      if (CheckDigits.isNpi(body + check)) {
        return body + check;
      }
    }
    throw new IllegalStateException(body);
  }

  private String dea() {
    String body = digits(6);
    for (int check = 0; check < 10; check++) {
      if (CheckDigits.isDea(body + check)) {
        return "A" + letters(1) + body + check;
      }
    }
    throw new IllegalStateException(body);
  }

  private String vin() {
    String text = "1HGCM8263" + "0A" + digits(6);
    StringBuilder vin = new StringBuilder(text);
    vin.setCharAt(8, CheckDigits.vinCheck(text));
    return vin.toString();
  }

  private String fullName() {
    String given = pick(names.given());
    String family = pick(names.family());
    return switch (random.nextInt(test ? 7 : 5)) {
      case 0 -> given + " " + letters(1) + ". " + family;
      case 1 -> letters(1) + ". " + family;
      case 2 -> given + " " + pick(names.given()) + " " + family;
      case 5 -> given + " " + family + "-" + pick(names.family());
      case 6 -> (given + " " + family).toUpperCase(Locale.ROOT);
      default -> given + " " + family;
    };
  }

  private String hospital() {
    String town = pick(names.towns());
    return switch (random.nextInt(4)) {
      case 0 -> town + " General Hospital";
      case 1 ->
          test ? pick(names.family()) + " Clinic" : "St. " + pick(names.given()) + " Hospital";
      case 2 -> town + " Medical Center";
      default -> "University of " + town + " Hospital";
    };
  }

  private String phone() {
    String area = "%d%02d".formatted(number(2, 10), number(0, 100));
    String middle = "%d%02d".formatted(number(2, 10), number(0, 100));
    String line = "%04d".formatted(number(0, 10_000));
    return switch (random.nextInt(test ? 5 : 2)) {
      case 0 -> "(" + area + ") " + middle + "-" + line;
      case 1 -> area + "-" + middle + "-" + line;
      case 2 -> area + "." + middle + "." + line;
      case 3 -> "+1 " + area + " " + middle + " " + line;
      default -> "1-" + area + "-" + middle + "-" + line + " x" + digits(3);
    };
  }

  private String date() {
    int year = number(1940, 2025);
    int month = number(1, 13);
    int day = number(1, 29);
    String name = DateForm.MONTHS.get(month - 1);
    String capital = Character.toUpperCase(name.charAt(0)) + name.substring(1);
    return switch (random.nextInt(test ? 7 : 2)) {
      case 0 -> "%d/%d/%d".formatted(month, day, year);
      case 1 -> "%s %d, %d".formatted(capital, day, year);
      case 2 -> "%d-%02d-%02d".formatted(year, month, day);
      case 3 -> "%d %s %d".formatted(day, capital.substring(0, 3), year);
      case 4 -> "%02d-%s-%d".formatted(day, capital.substring(0, 3).toUpperCase(Locale.ROOT), year);
      case 5 -> "%02d/%02d/%02d".formatted(month, day, year % 100);
      default -> "the %dth of %s".formatted(number(4, 20), capital).substring(4);
    };
  }

  private String address() {
    String street = pick(names.family());
    return switch (random.nextInt(test ? 4 : 2)) {
      case 0 -> digits(3) + " " + street + " Street";
      case 1 -> digits(4) + " " + street + " Ave";
      case 2 -> digits(2) + " North " + street + " Blvd., Apt. " + digits(2);
      default -> "P.O. Box " + digits(4);
    };
  }
}
