package ai.kolm.chat.tool;

import ai.kolm.grammar.ReplyFrame;
import ai.kolm.grammar.ReplyFrame.Otherwise;
import ai.kolm.grammar.ReplyFrame.Thinking;
import java.util.Optional;

/**
 * How the models of a family write calls: marks around JSON. What a dialect says is used three
 * times, so that they cannot disagree: for the grammar of an answer, for reading it, and, where the
 * chat template knows nothing of tools, for the prompt.
 */
public enum ToolDialect {
  /** Hermes, Qwen 2.5, Qwen 3, SmolLM3, Granite 4: one block for each call. */
  HERMES("<tool_call>", "</tool_call>", false, "arguments", true, true),
  /** Llama 3.1 to 3.3: an answer that is the JSON of one call. */
  LLAMA3("", "", false, "parameters", true, false),
  /** Mistral before version 11: a control token, then an array. Nine characters name a call. */
  MISTRAL("[TOOL_CALLS]", "", true, "arguments", true, false),
  /** Granite 3, from 3.1 on: a control token, then an array. */
  GRANITE("<|tool_call|>", "", true, "arguments", true, false),
  /** Phi 4 mini: an array between two control tokens. */
  PHI4("<|tool_call|>", "<|/tool_call|>", true, "arguments", true, false),
  /**
   * Any model whose template knows nothing of tools, or writes them in a way that is not here: an
   * array between two texts, as SmolLM2 was trained to. The prompt explains it.
   */
  PLAIN("<tool_call>", "</tool_call>", true, "arguments", false, false);

  private final String opening;
  private final String closing;
  private final boolean array;
  private final String argumentsKey;
  private final boolean inTemplate;
  private final boolean blocks;

  ToolDialect(
      String opening,
      String closing,
      boolean array,
      String argumentsKey,
      boolean inTemplate,
      boolean blocks) {
    this.opening = opening;
    this.closing = closing;
    this.array = array;
    this.argumentsKey = argumentsKey;
    this.inTemplate = inTemplate;
    this.blocks = blocks;
  }

  /**
   * The dialect that a chat template is written for.
   *
   * @param template its source
   * @param supportsTools whether tools that it is given appear in the prompt
   */
  public static ToolDialect of(String template, boolean supportsTools) {
    if (!supportsTools || template.contains("<function=")) {
      return PLAIN;
    }
    if (template.contains("[TOOL_CALLS]")) {
      return template.contains("[ARGS]") ? PLAIN : MISTRAL;
    }
    if (template.contains("<|/tool_call|>")) {
      return PHI4;
    }
    if (template.contains("<|tool_call|>")) {
      return GRANITE;
    }
    if (template.contains("<tool_call>")) {
      return HERMES;
    }
    boolean llama3 =
        template.contains("<|start_header_id|>") && template.contains("\"parameters\": ");
    return llama3 ? LLAMA3 : PLAIN;
  }

  /** The mark in front of calls: a text or the name of a control token; empty: none. */
  public String opening() {
    return opening;
  }

  /** The mark behind calls; empty: none. */
  public String closing() {
    return closing;
  }

  /** Whether the calls of an answer are in one array. */
  public boolean isArray() {
    return array;
  }

  /** The key of a call's arguments. */
  public String argumentsKey() {
    return argumentsKey;
  }

  /** Whether the chat template explains tools and writes calls itself. */
  public boolean inTemplate() {
    return inTemplate;
  }

  /** Whether an answer may have several calls at all. */
  public boolean isParallel() {
    return array || blocks;
  }

  /** What stands around the calls of an answer. */
  public ReplyFrame frame(Otherwise otherwise, boolean parallel, Optional<Thinking> thinking) {
    return new ReplyFrame(opening, closing, otherwise, blocks && parallel, thinking);
  }

  /** The characters of a call's name: templates of Mistral refuse any other number. */
  public int idLength() {
    return this == MISTRAL ? 9 : 24;
  }
}
