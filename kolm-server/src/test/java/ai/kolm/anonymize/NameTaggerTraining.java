package ai.kolm.anonymize;

import ai.kolm.reference.ReferenceData;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Trains {@link NameTagger} from generated notes, with a fixed seed: the same sources give the same
 * bytes. Run its main method after a change of features, lists or templates; a test trains it anew
 * and compares.
 *
 * <p>A third of the names is hidden from the lists while it trains, so that it learns to go by what
 * stands around a word.
 */
final class NameTaggerTraining {
  private static final long SEED = 20_261_129;
  private static final int NOTES = 6_000;
  private static final int EPOCHS = 4;
  private static final int GENERAL_REPEATS = 12;

  private final NameLists lists = new NameLists();
  private final int[] weights = new int[NameTagger.BUCKETS * NameTagger.TAGS];
  private final long[] sums = new long[weights.length];
  private final int[] since = new int[weights.length];
  private final int[] features = new int[24];
  private int step;

  public static void main(String[] arguments) throws IOException {
    Path file =
        ReferenceData.projectRoot()
            .resolve("kolm-server/src/main/resources/ai/kolm/anonymize/name-tagger.bin");
    try (OutputStream out = Files.newOutputStream(file)) {
      NameTagger.write(new NameTaggerTraining().train(), out);
    }
  }

  private static List<String> capitalized(List<String> names) {
    return names.stream()
        .map(name -> name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1))
        .toList();
  }

  /** The weights that come with kolm. */
  byte[] train() throws IOException {
    NoteGenerator.Names names =
        new NoteGenerator.Names(
            capitalized(lists.given().subList(0, 3_000)),
            capitalized(lists.family().subList(0, 15_000)),
            capitalized(lists.towns()));
    NoteGenerator generator =
        new NoteGenerator(SEED, names, NoteGenerator.templates("train.txt"), false);
    List<NoteGenerator.Note> notes = new ArrayList<>();
    for (int i = 0; i < NOTES; i++) {
      notes.add(generator.next(1));
    }
    for (int i = 0; i < GENERAL_REPEATS; i++) {
      NoteGenerator.templates("general.txt")
          .forEach(line -> notes.add(new NoteGenerator.Note(line, List.of())));
    }
    Random random = new Random(SEED);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      Collections.shuffle(notes, random);
      for (NoteGenerator.Note note : notes) {
        learn(note, random.nextInt(3) == 0);
      }
    }
    return average();
  }

  private void learn(NoteGenerator.Note note, boolean hide) {
    Tokens tokens = new Tokens(new MatchingView(note.text()));
    KnownWords words =
        new KnownWords(
            tokens, hide ? word -> lists.isWord(word) ? lists.bits(word) : 0 : lists::bits);
    NameTagger.Tag previous = NameTagger.Tag.OTHER;
    for (int i = 0; i < tokens.size(); i++) {
      if (!tokens.isCapitalized(i)) {
        boolean glue = tokens.is(i, Tokens.Kind.MARK) && "-'.".contains(tokens.text(i));
        previous = glue ? previous : NameTagger.Tag.OTHER;
        continue;
      }
      NameTagger.Tag truth = truth(note, tokens, i);
      int count = NameTagger.features(tokens, i, previous, words, features);
      NameTagger.Tag guess = best(count);
      step++;
      if (guess != truth) {
        for (int f = 0; f < count; f++) {
          add(features[f] * NameTagger.TAGS + truth.index(), 1);
          add(features[f] * NameTagger.TAGS + guess.index(), -1);
        }
      }
      previous = truth;
    }
  }

  private static NameTagger.Tag truth(NoteGenerator.Note note, Tokens tokens, int token) {
    for (Span span : note.truth()) {
      if (tokens.start(token) >= span.start() && tokens.end(token) <= span.end()) {
        return switch (span.type()) {
          case NAME -> NameTagger.Tag.NAME;
          case PLACE -> NameTagger.Tag.PLACE;
          default -> NameTagger.Tag.OTHER;
        };
      }
    }
    return NameTagger.Tag.OTHER;
  }

  private NameTagger.Tag best(int count) {
    long[] score = new long[NameTagger.TAGS];
    for (int f = 0; f < count; f++) {
      for (int tag = 0; tag < NameTagger.TAGS; tag++) {
        score[tag] += weights[features[f] * NameTagger.TAGS + tag];
      }
    }
    if (score[1] > score[0] && score[1] >= score[2]) {
      return NameTagger.Tag.NAME;
    }
    return score[2] > score[0] ? NameTagger.Tag.PLACE : NameTagger.Tag.OTHER;
  }

  private void add(int at, int amount) {
    sums[at] += (long) weights[at] * (step - since[at]);
    since[at] = step;
    weights[at] += amount;
  }

  /** The mean of the weights over all steps, the largest as 127. */
  private byte[] average() {
    long largest = 1;
    for (int i = 0; i < weights.length; i++) {
      add(i, 0);
      largest = Math.max(largest, Math.abs(sums[i]));
    }
    byte[] bytes = new byte[weights.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.round(127.0 * sums[i] / largest);
    }
    return bytes;
  }
}
