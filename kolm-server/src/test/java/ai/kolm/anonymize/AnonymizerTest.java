package ai.kolm.anonymize;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.anonymize.Anonymizer.Style;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is found, what comes in its place, and that no text takes long. */
class AnonymizerTest {
  /** Pieces that, repeated, begin something which never ends. */
  static final List<String> HOSTILE =
      List.of(
          "1",
          "1-",
          "1.",
          "a@",
          "::",
          "1:",
          "MRN ",
          "Dr. ",
          "A",
          "(",
          "+1 ",
          "{",
          "é",
          "\n",
          "Mr.",
          "'",
          "http://",
          "4111 ",
          "DE89 ",
          "3/",
          "March ",
          "-----BEGIN ",
          "sk-",
          "aA0_");

  private static final Anonymizer ANONYMIZER = new Anonymizer();
  private static final PseudonymKey KEY = new PseudonymKey(new byte[PseudonymKey.BYTES]);

  private static Anonymizer.Conversation conversation(String scope, Style style) {
    return ANONYMIZER.conversation(KEY, KEY.scope(scope), style);
  }

  private static String tagged(String text) {
    return conversation("a", Style.TAG).text(text).text();
  }

  @Test
  void whatIdentifiesIsFoundInManyWritings() {
    Map<String, String> texts =
        Map.ofEntries(
            Map.entry("redact PHI: John Doe MRN 8847", "redact PHI: [NAME_1] MRN [MRN_1]"),
            Map.entry("mail j.doe@corp.example.org now", "mail [EMAIL_1] now"),
            Map.entry("see https://x.example/a?b=c.", "see [URL_1]."),
            Map.entry("from 10.2.3.4 and fe80::1:2", "from [IP_1] and [IP_2]"),
            Map.entry("SSN 536-90-4399", "SSN [SSN_1]"),
            Map.entry("SSN: 536 90 4399", "SSN: [SSN_1]"),
            Map.entry("card 4111 1111 1111 1111", "card [CARD_1]"),
            Map.entry("IBAN DE89 3704 0044 0532 0130 00", "IBAN [IBAN_1]"),
            Map.entry("call (212) 555-0187 x12", "call [PHONE_1]"),
            Map.entry("call +44 20 7946 0958", "call [PHONE_1]"),
            Map.entry("VIN 1HGCM82633A004352", "VIN [VIN_1]"),
            Map.entry("DEA AB1234563", "DEA [DEA_1]"),
            Map.entry("on 3/14/2024 or March 3rd, 2024", "on [DATE_1] or [DATE_2]"),
            Map.entry("on 2024-03-14 and 14 Mar", "on [DATE_1] and [DATE_2]"),
            Map.entry("a 94-year-old, pain 5/10 in 2024", "a [AGE_1]-year-old, pain 5/10 in 2024"),
            Map.entry("at 12 Oak Street, Apt 4", "at [ADDRESS_1]"),
            Map.entry("key sk-proj1234567890abcdef", "key [SECRET_1]"),
            Map.entry("ｍｒｎ： ８８４７", "ｍｒｎ： [MRN_1]"),
            Map.entry("MRN 88\u200b47", "MRN [MRN_1]"),
            Map.entry("Dr. Xqzthorpe said", "Dr. [NAME_1] said"),
            Map.entry("Policy no.: AB-99812", "Policy no.: [ACCOUNT_1]"));
    texts.forEach((text, expected) -> assertEquals(expected, tagged(text)));
  }

  @Test
  void ordinaryTextStays() {
    for (String text :
        List.of(
            "Write a Python function that returns 42.",
            "Blood pressure 128/76, pulse 72, take 20 mg twice daily for 10 days.",
            "You are a helpful assistant. Return JSON.",
            "Chapter 3 costs 12.50 and version 1.2.3 is out.")) {
      assertEquals(text, tagged(text));
    }
  }

  @Test
  void surrogatesKeepTheShapeAndAgreeWithinAConversation() {
    Anonymizer.Conversation one = conversation("a", Style.SURROGATE);
    String first = one.text("John Doe, MRN AB-8847, JOHN DOE").text();
    String later = one.text("Mr. Doe (MRN AB-8847)").text();
    String[] words = first.split("[ ,]+", -1);
    assertTrue(words[3].matches("[A-Z]{2}-[1-9][0-9]{3}") && !words[3].equals("AB-8847"), first);
    assertEquals("Mr. %s (MRN %s)".formatted(words[1], words[3]), later);
    assertTrue(first.endsWith((words[0] + " " + words[1]).toUpperCase(Locale.ROOT)), first);
    assertEquals(
        first, conversation("a", Style.SURROGATE).text("John Doe, MRN AB-8847, JOHN DOE").text());
    assertNotEquals(
        first, conversation("b", Style.SURROGATE).text("John Doe, MRN AB-8847, JOHN DOE").text());
    Anonymizer.Conversation dates = conversation("d", Style.SURROGATE);
    String moved = dates.text("from 03/01/2024 to 03/11/2024").text();
    assertTrue(moved.matches("from \\d\\d/\\d\\d/\\d{4} to \\d\\d/\\d\\d/\\d{4}"), moved);
    assertEquals(10, days(moved.substring(19)) - days(moved.substring(5, 15)), moved);
    String card = dates.text("card 4111 1111 1111 1111").text().replaceAll("\\D", "");
    assertEquals(0, CheckDigits.luhn(card) % 10, card);
  }

  private static long days(String date) {
    return LocalDate.parse(date, DateTimeFormatter.ofPattern("MM/dd/yyyy")).toEpochDay();
  }

  @Test
  void differentValuesStayDifferent() {
    Anonymizer.Conversation one = conversation("a", Style.SURROGATE);
    Set<String> made = new HashSet<>();
    for (int i = 1_000; i < 3_000; i++) {
      assertTrue(made.add(one.text("MRN " + i).text()), "twice: " + i);
    }
  }

  @Test
  void jsonIsProcessedInsideAndOut() throws JsonException {
    String json =
        "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"John Doe\"}]},"
            + "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"call_Ab12\",\"type\":\"function\",\"function\":{\"name\":\"lookup_patient\","
            + "\"arguments\":\"{\\\"mrn\\\":8847,\\\"first_name\\\":\\\"John\\\"}\"}}]}]}";
    Json safe =
        new JsonAnonymizer(conversation("a", Style.SURROGATE))
            .anonymize(JsonReader.read(json.getBytes(UTF_8), JsonLimits.DEFAULT));
    String text = JsonText.of(safe);
    for (String secret : List.of("John", "Doe", "8847")) {
      assertFalse(text.contains(secret), text);
    }
    for (String kept : List.of("gpt-4o", "lookup_patient", "call_Ab12", "\\\"mrn\\\":")) {
      assertTrue(text.contains(kept), text);
    }
  }

  /**
   * With tags it can be seen whether a place is that of a replacement, and whether one is missing.
   */
  @Test
  void itIsKnownWhereSurrogatesAre() throws JsonException {
    String json =
        "{\"note\":\"Dr. John Doe saw MRN 8847; call 212-555-0199\",\"a/b\":[\"none\",\"Mary Smith\"],\"mrn\":88471,"
            + "\"arguments\":\"{\\\"who\\\":\\\"Patient John Doe\\\",\\\"first_name\\\":\\\"John\\\"}\"}";
    JsonAnonymizer anonymizer = new JsonAnonymizer(conversation("a", Style.TAG));
    Json value = JsonReader.read(json.getBytes(UTF_8), JsonLimits.DEFAULT);
    JsonObject safe = object(JsonText.of(anonymizer.anonymize(value, "/x")));
    JsonObject nested = object(safe.string("arguments"));
    Map<String, String> texts = new TreeMap<>();
    texts.put("/x/note", safe.string("note"));
    texts.put("/x/a~1b/1", safe.strings("a/b").get(1));
    texts.put("/x/arguments/who", nested.string("who"));
    texts.put("/x/arguments/first_name", nested.string("first_name"));
    texts.put("/x/mrn", Long.toString(safe.integer("mrn")));

    Map<String, List<Span>> replaced = anonymizer.replaced();
    assertEquals(texts.keySet(), new TreeMap<>(replaced).keySet());
    Pattern tag = Pattern.compile("\\[[A-Z]+_[0-9]+]");
    for (Map.Entry<String, String> entry : texts.entrySet()) {
      String text = entry.getValue();
      List<String> marked = new ArrayList<>();
      for (Span span : replaced.getOrDefault(entry.getKey(), List.of())) {
        marked.add(text.substring(span.start(), span.end()));
      }
      List<String> tags = tag.matcher(text).results().map(MatchResult::group).toList();
      assertEquals(entry.getKey().equals("/x/mrn") ? List.of(text) : tags, marked, text);
    }
  }

  private static JsonObject object(String json) throws JsonException {
    return JsonReader.readObject(json.getBytes(UTF_8), JsonLimits.DEFAULT);
  }

  @Test
  void recallOnUnseenNotes() throws Exception {
    AnonymizerReport report = new AnonymizerReport();
    report.measure(Integer.getInteger("kolm.anonymizer.notes", 400));
    for (EntityClass type : EntityClass.values()) {
      double least = type == EntityClass.NAME || type == EntityClass.PLACE ? 0.95 : 0.985;
      boolean counted = report.total(type) > 0;
      assertTrue(!counted || report.recall(type) >= least, report.table());
    }
    assertTrue(report.precision() >= 0.80, report.table());
    assertEquals(0, report.total(EntityClass.SECRET));
  }

  @Test
  void hostileTextTakesNoLongerThanOther() {
    Random random = new Random(3);
    for (String piece : HOSTILE) {
      String text = piece.repeat((1 << 17) / piece.length());
      long start = System.nanoTime();
      ANONYMIZER.find(text);
      double seconds = (System.nanoTime() - start) / 1e9;
      assertTrue(seconds < 5, "%s: %.1f s".formatted(piece, seconds));
    }
    StringBuilder mixed = new StringBuilder();
    while (mixed.length() < 1 << 17) {
      mixed.append(HOSTILE.get(random.nextInt(HOSTILE.size())));
    }
    ANONYMIZER.find(mixed.toString());
  }

  /** Any text comes through, and spans are within it. */
  @Test
  void anyTextIsProcessed() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(40); i > 0; i--) {
        text.appendCodePoint(
            random.nextInt(4) == 0 ? random.nextInt(0xD000) : 32 + random.nextInt(95));
      }
      int end = 0;
      for (Span span : ANONYMIZER.find(text.toString())) {
        assertTrue(span.start() >= end && span.end() <= text.length(), "seed " + seed);
        end = span.end();
      }
      conversation("a", Style.SURROGATE).text(text.toString());
    }
  }

  @Test
  @Tag("nightly")
  void theTaggerIsWhatItsTrainingGives() throws Exception {
    ByteArrayOutputStream trained = new ByteArrayOutputStream();
    NameTagger.write(new NameTaggerTraining().train(), trained);
    try (InputStream in = NameTagger.class.getResourceAsStream("name-tagger.bin")) {
      assertArrayEquals(in.readAllBytes(), trained.toByteArray());
    }
  }
}
