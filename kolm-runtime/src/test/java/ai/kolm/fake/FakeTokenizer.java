package ai.kolm.fake;

import ai.kolm.tokenizer.TokenDecoder;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Vocabulary;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** Three control tokens, then tokens given by their bytes. Text becomes tokens of one byte. */
public final class FakeTokenizer implements Tokenizer {
  /** Stands before a prompt. */
  public static final int BOS = 0;

  /** Ends an answer. */
  public static final int END = 1;

  /** Separates messages. */
  public static final int TURN = 2;

  private static final List<String> CONTROL = List.of("<bos>", "<end>", "<turn>");

  private final List<byte[]> tokens;

  /**
   * @param texts the bytes of the tokens after the control tokens
   */
  public FakeTokenizer(List<byte[]> texts) {
    tokens = new ArrayList<>();
    CONTROL.forEach(name -> tokens.add(name.getBytes(StandardCharsets.UTF_8)));
    tokens.addAll(texts);
  }

  /** All single bytes, then the words. */
  public static FakeTokenizer ofBytesAnd(String... words) {
    List<byte[]> texts = new ArrayList<>();
    IntStream.range(0, 256).forEach(b -> texts.add(new byte[] {(byte) b}));
    List.of(words).forEach(word -> texts.add(word.getBytes(StandardCharsets.UTF_8)));
    return new FakeTokenizer(texts);
  }

  @Override
  public int[] encode(String text, SpecialTokens special) {
    List<Integer> ids = new ArrayList<>();
    for (int at = 0; at < text.length(); ) {
      int control = special == SpecialTokens.PARSE ? controlAt(text, at) : -1;
      int end = control >= 0 ? at + CONTROL.get(control).length() : text.offsetByCodePoints(at, 1);
      if (control >= 0) {
        ids.add(control);
      } else {
        for (byte b : text.substring(at, end).getBytes(StandardCharsets.UTF_8)) {
          ids.add(CONTROL.size() + Byte.toUnsignedInt(b));
        }
      }
      at = end;
    }
    return ids.stream().mapToInt(id -> id).toArray();
  }

  private static int controlAt(String text, int at) {
    return IntStream.range(0, CONTROL.size())
        .filter(id -> text.startsWith(CONTROL.get(id), at))
        .findFirst()
        .orElse(-1);
  }

  @Override
  public String decode(int... ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      bytes.writeBytes(tokens.get(id));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public TokenDecoder decoder() {
    return new Decoder(new byte[0]);
  }

  private final class Decoder implements TokenDecoder {
    private byte[] pending;

    Decoder(byte[] pending) {
      this.pending = pending;
    }

    @Override
    public String next(int id) {
      byte[] bytes = tokens.get(id);
      ByteBuffer in = ByteBuffer.allocate(pending.length + bytes.length);
      in.put(pending).put(bytes).flip();
      String text = decode(in, false);
      pending = new byte[in.remaining()];
      in.get(pending);
      return text;
    }

    @Override
    public String finish() {
      return decode(ByteBuffer.wrap(pending), true);
    }

    private static String decode(ByteBuffer in, boolean last) {
      CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .decode(in, out, last);
      return out.flip().toString();
    }

    @Override
    public TokenDecoder fork() {
      return new Decoder(pending.clone());
    }
  }

  @Override
  public Vocabulary vocabulary() {
    return new FakeVocabulary();
  }

  private final class FakeVocabulary implements Vocabulary {
    @Override
    public int size() {
      return tokens.size();
    }

    @Override
    public Kind kind(int id) {
      return id < CONTROL.size() ? Kind.CONTROL : Kind.NORMAL;
    }

    @Override
    public byte[] bytes(int id) {
      return tokens.get(id).clone();
    }

    @Override
    public String name(int id) {
      return new String(tokens.get(id), StandardCharsets.ISO_8859_1);
    }

    @Override
    public OptionalInt id(String name) {
      return IntStream.range(0, size()).filter(id -> name(id).equals(name)).findFirst();
    }

    @Override
    public OptionalInt bos() {
      return OptionalInt.of(BOS);
    }

    @Override
    public boolean addsBos() {
      return true;
    }

    @Override
    public Set<Integer> endTokens() {
      return Set.of(END);
    }
  }
}
