package ai.kolm.anonymize;

/** Names of persons and of institutions: titles, cues, lists, and the tagger for the rest. */
final class NameDetector implements Detector {
  private static final int MAX_WORDS = 4;
  private static final WordSet TITLES =
      WordSet.of(
          "dr",
          "mr",
          "mrs",
          "ms",
          "miss",
          "prof",
          "professor",
          "doctor",
          "nurse",
          "sir",
          "madam",
          "rev",
          "reverend",
          "father",
          "sister",
          "judge",
          "officer",
          "sgt",
          "lt",
          "capt",
          "mx");
  private static final WordSet CUES =
      WordSet.of(
          "patient",
          "pt",
          "name",
          "named",
          "wife",
          "husband",
          "son",
          "daughter",
          "mother",
          "father",
          "brother",
          "sister",
          "partner",
          "spouse",
          "aunt",
          "uncle",
          "cousin",
          "grandson",
          "granddaughter",
          "niece",
          "nephew",
          "friend",
          "neighbor",
          "neighbour",
          "caregiver",
          "attending",
          "physician",
          "surgeon",
          "provider",
          "resident",
          "signed",
          "dictated",
          "phi",
          "client",
          "caller",
          "customer",
          "sincerely",
          "regards",
          "dear",
          "fiance",
          "boyfriend",
          "girlfriend",
          "stepson",
          "guardian",
          "mom",
          "dad",
          "colleague",
          "manager");
  private static final WordSet BETWEEN = WordSet.of("is", "was", "by", "called", "named", "name");
  private static final WordSet CREDENTIALS =
      WordSet.of(
          "md", "rn", "do", "phd", "np", "pa", "lpn", "dds", "rph", "pharmd", "lcsw", "cna", "crnp",
          "dnp", "mbbs", "frcs");
  private static final WordSet CONTRACTED = WordSet.of("t", "ll", "re", "ve", "d", "m");
  private static final WordSet SMALL_TITLES = WordSet.of("mr", "mrs", "ms", "dr");
  private static final WordSet PARTICLES =
      WordSet.of(
          "van", "von", "de", "la", "del", "da", "dos", "di", "bin", "al", "el", "der", "den", "le",
          "st", "mac");
  private static final WordSet FACILITIES =
      WordSet.of(
          "hospital",
          "clinic",
          "center",
          "centre",
          "infirmary",
          "hospice",
          "university",
          "institute",
          "pharmacy",
          "healthcare",
          "sanatorium");
  private static final WordSet NOT_PART =
      WordSet.of(
          "the", "a", "an", "at", "in", "of", "to", "from", "our", "this", "your", "their", "his",
          "her", "and", "or", "outside", "local", "medical", "patient");

  private final NameLists lists;
  private final NameTagger tagger;

  NameDetector(NameLists lists) {
    this.lists = lists;
    this.tagger = NameTagger.load();
  }

  @Override
  public void find(Tokens tokens, Findings findings) {
    KnownWords words = new KnownWords(tokens, lists::bits);
    NameTagger.Tag[] tags = tagger.tag(tokens, words);
    boolean[] names = new boolean[tokens.size()];
    for (int i = 0; i < tags.length; i++) {
      if (tokens.is(i, Tokens.Kind.WORD)) {
        names[i] =
            names[i] || (tags[i] == NameTagger.Tag.NAME && isPossible(tokens, words, i, names));
        titled(tokens, words, i, names);
        cued(tokens, words, i, names);
        listed(tokens, words, i, names);
        credentialed(tokens, i, names);
        introduced(tokens, words, i, names);
        facility(tokens, i, findings);
      }
    }
    extend(tokens, names);
    for (int i = 0; i < names.length; i++) {
      names[i] = names[i] && Labels.of(tokens.lower(i)).isEmpty() && !isPronoun(tokens, i);
    }
    report(tokens, names, EntityClass.NAME, findings);
    boolean[] places = new boolean[tokens.size()];
    for (int i = 0; i < tags.length; i++) {
      places[i] = tags[i] == NameTagger.Tag.PLACE && !names[i];
    }
    report(tokens, places, EntityClass.PLACE, findings);
  }

  /** An ordinary word is a name only beside another. */
  private boolean isPossible(Tokens tokens, KnownWords words, int i, boolean[] names) {
    int next = next(tokens, i);
    boolean beside =
        (i > 0 && names[i - 1])
            || (next > 0 && tokens.isCapitalized(next) && !NameLists.onlyWord(words.bits(next)));
    return beside || !NameLists.onlyWord(words.bits(i));
  }

  /** {@code I}, {@code A} and what is short for two words ({@code DON'T}) look like initials. */
  private static boolean isPronoun(Tokens tokens, int i) {
    boolean letter = tokens.length(i) == 1 && "ia".contains(tokens.lower(i));
    boolean joined = tokens.isMark(i + 1, '\'') && tokens.touchesPrevious(i + 1);
    boolean contracted =
        joined && tokens.touchesPrevious(i + 2) && CONTRACTED.contains(tokens.lower(i + 2));
    return contracted || (letter && !tokens.isMark(i + 1, '.'));
  }

  private static void report(Tokens tokens, boolean[] marked, EntityClass type, Findings findings) {
    int i = 0;
    while (i < marked.length) {
      if (!marked[i]) {
        i++;
        continue;
      }
      int last = i;
      for (int next = next(tokens, last); next > 0 && marked[next]; next = next(tokens, last)) {
        last = next;
      }
      findings.add(i, last, type);
      i = last + 1;
    }
  }

  /** The word that may belong to the same name as the word before it; -1 if there is none. */
  private static int next(Tokens tokens, int word) {
    int next = word + 1;
    if (tokens.isMark(next, '.') && tokens.length(word) == 1) {
      next++;
    } else if ((tokens.isMark(next, '-') || tokens.isMark(next, '\''))
        && tokens.touchesPrevious(next)
        && tokens.touchesPrevious(next + 1)) {
      next++;
    }
    return tokens.is(next, Tokens.Kind.WORD) && !tokens.startsLine(next) ? next : -1;
  }

  private void titled(Tokens tokens, KnownWords words, int i, boolean[] names) {
    if (!TITLES.contains(tokens.lower(i)) || !tokens.isCapitalized(i)) {
      return;
    }
    int next = tokens.isMark(i + 1, '.') ? i + 2 : i + 1;
    boolean certain = tokens.length(i) <= 4;
    if (tokens.isCapitalized(next) && !tokens.startsLine(next)) {
      run(tokens, words, next, certain, names);
    }
  }

  private void cued(Tokens tokens, KnownWords words, int i, boolean[] names) {
    if (!CUES.contains(tokens.lower(i))) {
      return;
    }
    int next = i + 1;
    while (next < i + 4 && isBetween(tokens, next)) {
      next++;
    }
    if (tokens.isCapitalized(next) && !CUES.contains(tokens.lower(next))) {
      run(tokens, words, next, false, names);
    }
  }

  private static boolean isBetween(Tokens tokens, int i) {
    return tokens.isMark(i, ':')
        || tokens.isMark(i, ',')
        || tokens.isMark(i, '(')
        || tokens.isMark(i, '-')
        || BETWEEN.contains(tokens.lower(i));
  }

  /** Marks capitalised words from {@code first} on, as long as they can be names. */
  private void run(Tokens tokens, KnownWords words, int first, boolean certain, boolean[] names) {
    int word = first;
    for (int count = 0; count < MAX_WORDS && word > 0; count++) {
      boolean particle = PARTICLES.contains(tokens.lower(word)) && count + 1 < MAX_WORDS;
      int bits = words.bits(word);
      boolean name =
          tokens.isCapitalized(word)
              && !CREDENTIALS.contains(tokens.lower(word))
              && !TITLES.contains(tokens.lower(word))
              && (!NameLists.onlyWord(bits) || (certain && count == 0));
      if (!name && !(particle && followsName(tokens, word))) {
        return;
      }
      names[word] = true;
      word = next(tokens, word);
      if (word > 0 && tokens.isMark(word - 1, '.') && tokens.length(word - 2) > 1) {
        return;
      }
    }
  }

  private static boolean followsName(Tokens tokens, int particle) {
    int next = next(tokens, particle);
    return next > 0 && (tokens.isCapitalized(next) || PARTICLES.contains(tokens.lower(next)));
  }

  /** A given name and what follows it; a family name, a comma and a given name. */
  private void listed(Tokens tokens, KnownWords words, int i, boolean[] names) {
    int bits = words.bits(i);
    if (!tokens.isCapitalized(i)) {
      smallLetters(tokens, words, i, bits, names);
      return;
    }
    int next = next(tokens, i);
    boolean follows = next > 0 && tokens.isCapitalized(next) && tokens.length(next) > 1;
    int bitsNext = follows ? words.bits(next) : 0;
    boolean given = NameLists.isGiven(words.bits(i));
    if (given && follows && NameLists.onlyName(bitsNext)) {
      names[i] = true;
      names[next] = true;
    }
    if (given && NameLists.onlyName(bits)) {
      names[i] = true;
      if (follows && !NameLists.onlyWord(bitsNext)) {
        names[next] = true;
      }
    }
    boolean reversed =
        NameLists.onlyName(bits)
            && tokens.isMark(i + 1, ',')
            && tokens.isCapitalized(i + 2)
            && NameLists.isGiven(words.bits(i + 2));
    if (reversed) {
      names[i] = true;
      names[i + 2] = true;
    }
  }

  /** Whoever types in small letters only has names as well. */
  private void smallLetters(Tokens tokens, KnownWords words, int i, int bits, boolean[] names) {
    boolean pair =
        NameLists.isGiven(words.bits(i))
            && NameLists.onlyName(bits)
            && tokens.is(i + 1, Tokens.Kind.WORD)
            && NameLists.onlyName(words.bits(i + 1));
    if (pair) {
      names[i] = true;
      names[i + 1] = true;
    }
  }

  /** {@code my name is borna}, {@code they call me borna}, {@code mr. elliott}. */
  private void introduced(Tokens tokens, KnownWords words, int i, boolean[] names) {
    boolean called =
        (tokens.lower(i).equals("is") && tokens.lower(i - 1).equals("name"))
            || (tokens.lower(i).equals("me") && tokens.lower(i - 1).startsWith("call"));
    boolean titled = SMALL_TITLES.contains(tokens.lower(i)) && tokens.isMark(i + 1, '.');
    if (!called && !titled) {
      return;
    }
    int word = titled ? i + 2 : i + 1;
    for (int count = 0; count < 2 && word > 0 && tokens.is(word, Tokens.Kind.WORD); count++) {
      int bits = words.bits(word);
      if (tokens.length(word) < 2 || !(bits == 0 || NameLists.onlyName(bits))) {
        return;
      }
      names[word] = true;
      word = next(tokens, word);
    }
  }

  private static void credentialed(Tokens tokens, int i, boolean[] names) {
    boolean credential =
        CREDENTIALS.contains(tokens.lower(i))
            && tokens.isCapitalized(i)
            && tokens.isMark(i - 1, ',');
    int word = i - 2;
    for (int count = 0; credential && count < 3 && word >= 0; count++) {
      boolean initial = tokens.isMark(word, '.') && tokens.length(Math.max(0, word - 1)) == 1;
      if (!initial && !tokens.isCapitalized(word) && !tokens.isMark(word, '-')) {
        return;
      }
      names[word] =
          tokens.is(word, Tokens.Kind.WORD)
              && !TITLES.contains(tokens.lower(word))
              && !CUES.contains(tokens.lower(word));
      if (tokens.startsLine(word) || CUES.contains(tokens.lower(word))) {
        return;
      }
      word--;
    }
  }

  private static void facility(Tokens tokens, int i, Findings findings) {
    if (!FACILITIES.contains(tokens.lower(i)) || !tokens.isCapitalized(i)) {
      return;
    }
    int first = i;
    int own = 0;
    while (first > 0
        && i - first < 5
        && (tokens.isCapitalized(first - 1)
            || tokens.isMark(first - 1, '.')
            || tokens.isMark(first - 1, '\''))
        && !NOT_PART.contains(tokens.isUpper(first - 1) ? "" : smallStart(tokens, first - 1))
        && !tokens.startsLine(first)) {
      first--;
      own += tokens.lower(first).equals("medical") || tokens.is(first, Tokens.Kind.MARK) ? 0 : 1;
    }
    if (own > 0) {
      findings.add(first, i, EntityClass.PLACE);
    }
  }

  private static String smallStart(Tokens tokens, int i) {
    String lower = tokens.lower(i);
    return lower.equals("medical") ? "" : lower;
  }

  /** Parts of a double name, and initials between names. */
  private static void extend(Tokens tokens, boolean[] names) {
    for (int i = 0; i + 1 < names.length; i++) {
      if (!tokens.is(i, Tokens.Kind.WORD)) {
        continue;
      }
      int next = next(tokens, i);
      boolean glued = next == i + 2 && !tokens.isMark(i + 1, '.');
      if (next > 0 && glued && (names[i] || names[next])) {
        boolean possessive = tokens.isMark(i + 1, '\'') && tokens.length(next) == 1;
        names[i] = names[i] || tokens.isCapitalized(i);
        names[next] = names[next] || (tokens.isCapitalized(next) && !possessive);
      }
      boolean initial = tokens.length(i) == 1 && tokens.isCapitalized(i);
      if (initial && next > 0 && names[next] && tokens.isMark(i + 1, '.')) {
        names[i] = true;
      }
    }
  }
}
