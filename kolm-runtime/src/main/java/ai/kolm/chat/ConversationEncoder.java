package ai.kolm.chat;

import ai.kolm.chat.tool.ToolUse;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.prompt.Message;
import ai.kolm.prompt.Role;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.weights.ModelFormatException;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Conversations as a model is to learn them: with the template and the tokenizer that it is served
 * with, and the tokens marked that it would have to say itself.
 *
 * <pre>{@code
 * <|im_start|>user\n Hi <|im_end|>\n<|im_start|>assistant\n Hello! <|im_end|>
 *                                                           ^^^^^^ ^^^^^^^^^^
 * }</pre>
 *
 * <p>What a model says is what follows the prompt of its turn, up to the first token that ends an
 * answer. Both are rendered, with and without the answer: if the tokens of the prompt do not begin
 * the whole, a server would ask in another way than was learned, and there is no encoding.
 *
 * <p>Immutable.
 */
public final class ConversationEncoder {
  private final PromptRenderer renderer;
  private final Tokenizer tokenizer;
  private final Set<Integer> end;

  private ConversationEncoder(PromptRenderer renderer, Tokenizer tokenizer, Set<Integer> end) {
    this.renderer = renderer;
    this.tokenizer = tokenizer;
    this.end = Set.copyOf(end);
  }

  /**
   * For the model of {@code files}, which must stay open as long as this.
   *
   * @param clock the date that templates write
   * @throws ModelFormatException if kolm does not understand the template
   */
  public static ConversationEncoder of(ModelFiles files, Clock clock) throws ModelFormatException {
    Tokenizer tokenizer = files.text().tokenizer();
    Set<Integer> end = new HashSet<>(files.text().stopTokens());
    end.addAll(tokenizer.vocabulary().endTokens());
    return new ConversationEncoder(PromptRenderer.of(files, clock), tokenizer, end);
  }

  /**
   * A conversation in tokens, the end of its last answer included.
   *
   * @param tokens all of them
   * @param said for each whether it is the model that says it
   */
  public record Encoded(int[] tokens, boolean[] said) {}

  /**
   * Encodes a conversation.
   *
   * @param messages the last one is the answer of the assistant
   * @param tools what could be called
   * @param earlier indices of further messages of the assistant to be learned; those that the
   *     template does not repeat as they were said are context only
   * @return empty if the template does not write the answer as the model has to say it
   * @throws InvalidRequestException if the template refuses the messages
   * @throws IllegalArgumentException if the last message is none of the assistant
   */
  public Optional<Encoded> encode(List<Message> messages, ToolUse tools, List<Integer> earlier) {
    int last = messages.size() - 1;
    if (last < 1 || messages.get(last).role() != Role.ASSISTANT) {
      throw new IllegalArgumentException("the last message must be an answer to others");
    }
    int[] whole = tokens(messages, tools, false);
    int[] span = span(whole, whole, messages.subList(0, last), tools);
    if (span.length == 0) {
      return Optional.empty();
    }
    int[] tokens = Arrays.copyOf(whole, span[1] + 1);
    boolean[] said = new boolean[tokens.length];
    Arrays.fill(said, span[0], tokens.length, true);
    for (int turn : earlier) {
      if (turn > 0 && turn < last && messages.get(turn).role() == Role.ASSISTANT) {
        int[] then = tokens(messages.subList(0, turn + 1), tools, false);
        int[] inner = span(tokens, then, messages.subList(0, turn), tools);
        if (inner.length > 0) {
          Arrays.fill(said, inner[0], inner[1] + 1, true);
        }
      }
    }
    return Optional.of(new Encoded(tokens, said));
  }

  /**
   * The first and last token of a turn.
   *
   * @param whole where it is looked for
   * @param then the conversation up to and with it
   * @param before the messages before it
   * @return empty if the turn is not there as it would be said
   */
  private int[] span(int[] whole, int[] then, List<Message> before, ToolUse tools) {
    int[] prompt = tokens(before, tools, true);
    int at = prompt.length;
    while (at < then.length && !end.contains(then[at])) {
      at++;
    }
    boolean ends = at < then.length && at < whole.length;
    return ends
            && at > prompt.length
            && Arrays.mismatch(prompt, 0, prompt.length, then, 0, prompt.length) < 0
            && Arrays.mismatch(then, 0, at + 1, whole, 0, at + 1) < 0
        ? new int[] {prompt.length, at}
        : new int[0];
  }

  private int[] tokens(List<Message> messages, ToolUse tools, boolean forAnswer) {
    ChatRequest request = ChatRequest.of(messages).withTools(tools);
    return PromptTokens.encode(tokenizer, renderer.render(request, forAnswer));
  }
}
