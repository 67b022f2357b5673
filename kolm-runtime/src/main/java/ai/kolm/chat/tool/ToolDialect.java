package ai.kolm.chat.tool;

import ai.kolm.grammar.CallForm;
import ai.kolm.grammar.CallForm.Notation;
import ai.kolm.grammar.CallForm.Piece;
import ai.kolm.grammar.ReplyFrame;
import ai.kolm.grammar.ReplyFrame.Otherwise;
import ai.kolm.grammar.ReplyFrame.Thinking;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the models of a family write calls. What a dialect says is used three times, so that they
 * cannot disagree: for the grammar of an answer, for reading it, and, where the chat template does
 * not do that, for the prompt.
 *
 * <p>Calls are objects of a name and arguments between marks, or, where a dialect has a {@link
 * CallForm}, arguments between texts of which the name is part.
 */
public enum ToolDialect {
  /** Hermes, Qwen 2.5, Qwen 3, SmolLM3, Granite 4: one block for each call. */
  HERMES("<tool_call>", "</tool_call>", false, true, "arguments"),
  /** Llama 3.1 to 3.3: an answer that is the JSON of one call. */
  LLAMA3("", "", false, false, "parameters"),
  /** Mistral before version 11: a control token, then an array. Nine characters name a call. */
  MISTRAL("[TOOL_CALLS]", "", true, false, "arguments"),
  /** Mistral from version 13 on, and Devstral, Ministral 3: for each call a name and arguments. */
  MISTRAL_13("[TOOL_CALLS]", mistral(CallForm.texts("[ARGS]"))),
  /** Mistral of version 11: the same with an identifier of the model's choice. */
  MISTRAL_11(
      "[TOOL_CALLS]",
      mistral(
          List.of(
              new CallForm.Text("[CALL_ID]"), new CallForm.Id(9), new CallForm.Text("[ARGS]")))),
  /** Granite 3, from 3.1 on: a control token, then an array. */
  GRANITE("<|tool_call|>", "", true, false, "arguments"),
  /** Phi 4 mini: an array between two control tokens. */
  PHI4("<|tool_call|>", "<|/tool_call|>", true, false, "arguments"),
  /** DeepSeek V3 and R1: the JSON in a block of Markdown. */
  DEEPSEEK_V3(
      "<｜tool▁calls▁begin｜>",
      new CallForm(
          List.of(),
          CallForm.texts("<｜tool▁call▁begin｜>", "function", "<｜tool▁sep｜>"),
          CallForm.texts("\n```json\n"),
          CallForm.texts("\n```", "<｜tool▁call▁end｜>"),
          CallForm.texts("\n"),
          CallForm.texts("<｜tool▁calls▁end｜>"),
          Notation.JSON)),
  /** DeepSeek V3.1: the JSON behind the name. */
  DEEPSEEK_V31(
      "<｜tool▁calls▁begin｜>",
      new CallForm(
          List.of(),
          CallForm.texts("<｜tool▁call▁begin｜>"),
          CallForm.texts("<｜tool▁sep｜>"),
          CallForm.texts("<｜tool▁call▁end｜>"),
          List.of(),
          CallForm.texts("<｜tool▁calls▁end｜>"),
          Notation.JSON)),
  /** Llama 3.2 and 4 with a prompt for it: an answer that is a list of calls in Python. */
  PYTHONIC("", python("]")),
  /** LFM 2: the same list between two control tokens. */
  LFM2("<|tool_call_start|>", python("]", "<|tool_call_end|>")),
  /**
   * Any model whose template knows nothing of tools, or writes them in a way that is not here: an
   * array between two texts, as SmolLM2 was trained to. The prompt explains it.
   */
  PLAIN("<tool_call>", "</tool_call>", true, false, "arguments");

  /** A way to write calls in Python that prompts have in common, from Meta's own on. */
  private static final String PYTHON_EXAMPLE = "func_name1(params_name1=params_value1";

  private final String opening;
  private final String closing;
  private final boolean array;
  private final String argumentsKey;
  private final boolean blocks;

  @SuppressWarnings("ImmutableEnumChecker") // its lists are copies
  private final @Nullable CallForm form;

  ToolDialect(String opening, String closing, boolean array, boolean blocks, String argumentsKey) {
    this.opening = opening;
    this.closing = closing;
    this.array = array;
    this.argumentsKey = argumentsKey;
    this.blocks = blocks;
    this.form = null;
  }

  ToolDialect(String opening, CallForm form) {
    this.opening = opening;
    this.closing = "";
    this.array = false;
    this.argumentsKey = "arguments";
    this.blocks = false;
    this.form = form;
  }

  private static CallForm mistral(List<Piece> after) {
    return new CallForm(
        List.of(),
        List.of(),
        after,
        List.of(),
        CallForm.texts("[TOOL_CALLS]"),
        List.of(),
        Notation.JSON);
  }

  private static CallForm python(String... last) {
    return new CallForm(
        CallForm.texts("["),
        List.of(),
        CallForm.texts("("),
        List.of(),
        CallForm.texts(", "),
        CallForm.texts(last),
        Notation.PYTHON);
  }

  /**
   * The dialect that a chat template is written for.
   *
   * @param template its source
   * @param supportsTools whether tools that it is given appear in the prompt
   */
  public static ToolDialect of(String template, boolean supportsTools) {
    if (template.contains("<｜tool▁calls▁begin｜>")) { // some write calls and explain no tools
      return template.contains("```json") ? DEEPSEEK_V3 : DEEPSEEK_V31;
    }
    if (template.contains(PYTHON_EXAMPLE)) {
      return PYTHONIC;
    }
    if (!supportsTools || template.contains("<function=")) {
      return PLAIN;
    }
    if (template.contains("[TOOL_CALLS]")) {
      return !template.contains("[ARGS]")
          ? MISTRAL
          : template.contains("[CALL_ID]") ? MISTRAL_11 : MISTRAL_13;
    }
    return ofMarks(template);
  }

  private static ToolDialect ofMarks(String template) {
    if (template.contains("<|/tool_call|>")) {
      return PHI4;
    }
    if (template.contains("<|tool_call|>")) {
      return GRANITE;
    }
    if (template.contains("<|tool_call_start|>") || template.contains("<|tool_list_start|>")) {
      return LFM2;
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

  /** The mark behind calls that are JSON; empty: none. */
  String closing() {
    return closing;
  }

  /** Whether the calls of an answer are in one array of JSON. */
  boolean isArray() {
    return array;
  }

  /** The key of a call's arguments. */
  public String argumentsKey() {
    return argumentsKey;
  }

  /** Whether calls are objects of a name and arguments. */
  public boolean isJson() {
    return form == null;
  }

  /** Whether an answer may have several calls at all. */
  public boolean isParallel() {
    return array || blocks || form != null;
  }

  /** Whether calls without opening mark may begin with {@code c}. */
  boolean beginsWith(char c) {
    return c == (isJson() ? '{' : '[');
  }

  /**
   * What stands around the calls of an answer.
   *
   * @param asForm whether the calls are of {@link #form}
   */
  public ReplyFrame frame(
      Otherwise otherwise, boolean parallel, Optional<Thinking> thinking, boolean asForm) {
    return asForm
        ? new ReplyFrame(opening, "", otherwise, false, thinking)
        : new ReplyFrame(opening, closing, otherwise, blocks && parallel, thinking);
  }

  /** How calls are written; where they are JSON, in the one spelling that templates have. */
  public CallForm form() {
    if (form != null) {
      return form;
    }
    List<Piece> none = List.of();
    return new CallForm(
        array ? CallForm.texts("[") : none,
        CallForm.texts("{\"name\": \""),
        CallForm.texts("\", \"" + argumentsKey + "\": "),
        CallForm.texts("}"),
        array
            ? CallForm.texts(", ")
            : blocks ? CallForm.texts("\n", closing, "\n", opening, "\n") : none,
        marksBehind(),
        Notation.JSON);
  }

  private List<Piece> marksBehind() {
    if (array) {
      return closing.isEmpty() ? CallForm.texts("]") : CallForm.texts("]", closing);
    }
    return closing.isEmpty() ? List.of() : CallForm.texts("\n", closing);
  }

  /** A reader of the calls of one answer. */
  CallReader reader() {
    return form == null ? new JsonCallReader(this) : new FormCallReader(form);
  }

  /** The names that control tokens of calls may have. */
  public Set<String> marks() {
    Stream<String> inside = form == null ? Stream.of() : FormCallReader.marks(form).stream();
    return Stream.concat(Stream.of(opening, closing), inside)
        .filter(mark -> !mark.isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** The characters of a call's name: templates of Mistral refuse any other number. */
  public int idLength() {
    return this == MISTRAL || this == MISTRAL_11 || this == MISTRAL_13 ? 9 : 24;
  }
}
