package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.weights.ModelFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.text.BreakIterator;
import java.util.Locale;

/**
 * The table that SentencePiece compiles its normalization rules into: the length of a double-array
 * trie in bytes, the trie, then the replacements, each ended by a zero byte. Numbers are
 * little-endian and of 32 bits.
 *
 * <p>It is applied as Hugging Face's library does: a grapheme of fewer than six bytes is looked up
 * as a whole, else each of its characters; the shortest entry that starts it is taken.
 *
 * <p>A unit of the trie: bits 0 to 7 the label, bit 8 whether a value follows, bit 9 whether the
 * offset is shifted by 8, bits 10 to 30 the offset, bit 31 set in a value.
 */
final class CharacterMap {
  private static final int MAX_WHOLE_GRAPHEME = 5;

  private final int[] units;
  private final byte[] replacements;

  private CharacterMap(int[] units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  /** The normalizer that a table describes. */
  static Normalizer read(String file, byte[] table) throws ModelFormatException {
    ByteBuffer buffer = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    int length = table.length < Integer.BYTES ? -1 : buffer.getInt();
    if (length < Integer.BYTES || length > buffer.remaining() || length % Integer.BYTES != 0) {
      throw new ModelFormatException(
          file,
          "precompiled_charsmap of %,d bytes: expected a trie that fits, got one of %,d bytes"
              .formatted(table.length, length));
    }
    int[] units = new int[length / Integer.BYTES];
    buffer.asIntBuffer().get(units);
    buffer.position(Integer.BYTES + length);
    byte[] replacements = new byte[buffer.remaining()];
    buffer.get(replacements);
    return new CharacterMap(units, replacements)::apply;
  }

  private Normalizer.Text apply(Normalizer.Text text, boolean first) {
    String string = Normalizers.string(text);
    ByteBuilder out = new ByteBuilder(text.length());
    BreakIterator graphemes = BreakIterator.getCharacterInstance(Locale.ROOT);
    graphemes.setText(string);
    int from = 0;
    for (int to = graphemes.next(); to != BreakIterator.DONE; to = graphemes.next()) {
      byte[] grapheme = string.substring(from, to).getBytes(UTF_8);
      if (grapheme.length > MAX_WHOLE_GRAPHEME || !replace(grapheme, 0, grapheme.length, out)) {
        for (int at = 0; at < grapheme.length; ) {
          int end = Utf8.next(grapheme, at);
          if (!replace(grapheme, at, end, out)) {
            out.append(grapheme, at, end);
          }
          at = end;
        }
      }
      from = to;
    }
    return Normalizer.Text.of(out.toArray());
  }

  /** Appends what stands for the shortest entry that starts the text; false if there is none. */
  private boolean replace(byte[] text, int from, int to, ByteBuilder out) {
    int node = offset(units[0]);
    for (int at = from; at < to; at++) {
      int label = text[at] & 0xFF;
      node ^= label;
      if (label == 0 || node >= units.length || (units[node] & 0x8000_00FF) != label) {
        return false;
      }
      boolean value = (units[node] >>> 8 & 1) == 1;
      node ^= offset(units[node]);
      if (value) {
        return node < units.length && append(units[node] & 0x7FFF_FFFF, out);
      }
    }
    return false;
  }

  private boolean append(int start, ByteBuilder out) {
    if (start >= replacements.length) {
      return false;
    }
    int end = start;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    // A damaged table may point into a character; the stages that follow need whole ones.
    if (!Utf8.wellFormed(replacements, start, end)) {
      return false;
    }
    out.append(replacements, start, end);
    return true;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }
}
