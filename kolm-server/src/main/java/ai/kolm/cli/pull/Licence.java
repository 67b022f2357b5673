package ai.kolm.cli.pull;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Under which terms a model may be used.
 *
 * @param id of the SPDX list, or {@code LicenseRef-} and a name
 * @param text the terms, where the source has them
 */
public record Licence(String id, Optional<String> text) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.+-]{0,99}");
  private static final String REFERENCE = "LicenseRef-";

  /** Ids as the SPDX list writes them, by their lower-case form: those that models come with. */
  private static final Map<String, String> SPDX =
      Map.ofEntries(
          Map.entry("apache-2.0", "Apache-2.0"),
          Map.entry("mit", "MIT"),
          Map.entry("bsd-2-clause", "BSD-2-Clause"),
          Map.entry("bsd-3-clause", "BSD-3-Clause"),
          Map.entry("cc0-1.0", "CC0-1.0"),
          Map.entry("cc-by-4.0", "CC-BY-4.0"),
          Map.entry("cc-by-sa-4.0", "CC-BY-SA-4.0"),
          Map.entry("cc-by-nc-4.0", "CC-BY-NC-4.0"),
          Map.entry("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
          Map.entry("cc-by-nc-nd-4.0", "CC-BY-NC-ND-4.0"),
          Map.entry("gpl-3.0", "GPL-3.0-only"),
          Map.entry("agpl-3.0", "AGPL-3.0-only"),
          Map.entry("lgpl-3.0", "LGPL-3.0-only"),
          Map.entry("mpl-2.0", "MPL-2.0"),
          Map.entry("unlicense", "Unlicense"),
          Map.entry("isc", "ISC"));

  /** Words that tell whose terms a text is, by the id that is given to it. */
  private static final Map<String, Pattern> TEXTS =
      Map.of(
          "Apache-2.0", Pattern.compile("Apache License\\s+Version 2\\.0"),
          "MIT", Pattern.compile("Permission is hereby granted, free of charge, to any person"),
          "LicenseRef-gemma", Pattern.compile("Gemma Terms of Use"),
          "LicenseRef-llama2", Pattern.compile("LLAMA 2 COMMUNITY LICENSE"),
          "LicenseRef-llama3", Pattern.compile("(?i)META LLAMA 3 COMMUNITY LICENSE"),
          "LicenseRef-llama3.1", Pattern.compile("(?i)LLAMA 3\\.1 COMMUNITY LICENSE"),
          "LicenseRef-llama3.2", Pattern.compile("(?i)LLAMA 3\\.2 COMMUNITY LICENSE"),
          "LicenseRef-llama3.3", Pattern.compile("(?i)LLAMA 3\\.3 COMMUNITY LICENSE"));

  /**
   * @throws IllegalArgumentException if the id is none
   */
  public Licence {
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "a licence is an SPDX id such as Apache-2.0, or LicenseRef- and a name, not \"%s\""
              .formatted(id));
    }
  }

  /** The licence that a source names; empty if it names none, or one that says nothing. */
  public static Optional<Licence> named(String name) {
    String key = name.strip().toLowerCase(Locale.ROOT);
    if (key.isEmpty() || key.equals("other") || key.equals("unknown")) {
      return Optional.empty();
    }
    String id = SPDX.get(key);
    if (id == null) {
      String letters = name.strip().replaceAll("[^A-Za-z0-9.+-]+", "-").replaceAll("^-+", "");
      boolean reference = key.startsWith(REFERENCE.toLowerCase(Locale.ROOT));
      id = reference ? letters : REFERENCE + letters;
    }
    return ID.matcher(id).matches()
        ? Optional.of(new Licence(id, Optional.empty()))
        : Optional.empty();
  }

  /** The licence whose text this is; one that is not recognized is called after {@code model}. */
  public static Licence ofText(String text, String model) {
    String id =
        TEXTS.entrySet().stream()
            .filter(entry -> entry.getValue().matcher(text).find())
            .map(Map.Entry::getKey)
            .sorted()
            .findFirst()
            .orElse(REFERENCE + model.replaceAll("[^A-Za-z0-9.+-]+", "-"));
    return new Licence(id, Optional.of(text));
  }
}
