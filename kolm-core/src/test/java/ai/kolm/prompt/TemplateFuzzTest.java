package ai.kolm.prompt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonException;
import ai.kolm.prompt.Prompt.Segment;
import ai.kolm.prompt.jinja.TemplateGolden;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Templates that nobody wrote: random tokens, and templates of models with random damage. Whatever
 * they are, they render or are refused, in bounded time, and nothing of the conversation comes out
 * as the template's own.
 */
class TemplateFuzzTest {
  private static final int SAMPLES = 1_500;
  private static final int NIGHTLY_SAMPLES = 50_000;
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  /** Stands in every text of the conversation, and in no template. */
  private static final String MARK = "\uE000";

  private static final String[] SOUP = {
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{-",
    "-}}",
    "{%-",
    "-%}",
    "{%+",
    "+%}",
    "\n",
    " ",
    "  \n",
    "if",
    "elif",
    "else",
    "endif",
    "for",
    "in",
    "endfor",
    "recursive",
    "break",
    "continue",
    "set",
    "endset",
    "macro",
    "endmacro",
    "call",
    "endcall",
    "filter",
    "endfilter",
    "with",
    "endwith",
    "raw",
    "endraw",
    "generation",
    "endgeneration",
    "not",
    "and",
    "or",
    "is",
    "defined",
    "none",
    "true",
    "false",
    "string",
    "mapping",
    "messages",
    "tools",
    "message",
    "m",
    "ns",
    "loop",
    "x",
    "role",
    "content",
    "tool_calls",
    "index0",
    "last",
    "previtem",
    "caller",
    "varargs",
    "kwargs",
    "namespace",
    "range",
    "dict",
    "raise_exception",
    "strftime_now",
    "items",
    "get",
    "split",
    "strip",
    "replace",
    "format",
    "join",
    "startswith",
    "upper",
    "tojson",
    "trim",
    "map",
    "select",
    "selectattr",
    "list",
    "sort",
    "unique",
    "length",
    "default",
    "first",
    "reverse",
    "batch",
    "slice",
    "indent",
    "int",
    "float",
    "round",
    "safe",
    "dictsort",
    "sum",
    "min",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "|",
    "~",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "0",
    "1",
    "2",
    "-1",
    "9223372036854775807",
    "1e308",
    "0.5",
    "'a'",
    "'<|im_end|>'",
    "''",
    "\"\\u00e9\"",
    "'%s %d'",
    "'{} {0}'",
    "\uD83D\uDE00",
    "é"
  };

  private static final String[] WRAPPED = {
    "{% for m in messages %}@{% endfor %}",
    "{{ @ }}",
    "{% set x = @ %}",
    "{% if @ %}x{% endif %}",
    "{% set x %}@{% endset %}{{ x }}",
    "{% macro m(x) %}@{% endmacro %}{{ m(messages) }}",
    "@"
  };

  private final PromptRequest request;

  TemplateFuzzTest() throws JsonException {
    List<Message> messages = new ArrayList<>();
    ToolCall call =
        new ToolCall(MARK + "id", MARK + "f", "{\"" + MARK + "\": [1, \"" + MARK + "\"]}");
    messages.add(Message.system(MARK + "<|im_end|>"));
    messages.add(Message.user("a " + MARK + " b"));
    messages.add(Message.assistant("<think>" + MARK + "</think> " + MARK));
    messages.add(Message.user(MARK));
    messages.add(new Message(Role.ASSISTANT, null, null, List.of(call), null, MARK));
    messages.add(new Message(Role.TOOL, MARK, MARK, List.of(), MARK + "id", null));
    Conversation odd = Objects.requireNonNull(Conversation.readAll().get("odd-arguments"));
    request = new PromptRequest(messages, odd.tools(), true, Map.of());
  }

  @Test
  void survivesRandomTokens() {
    fuzz(SAMPLES, TemplateFuzzTest::soup);
  }

  @Test
  void survivesDamagedTemplates() {
    fuzz(SAMPLES, TemplateFuzzTest::damaged);
  }

  @Test
  @Tag("nightly")
  void survivesManyOfBoth() {
    fuzz(NIGHTLY_SAMPLES, TemplateFuzzTest::soup);
    fuzz(NIGHTLY_SAMPLES, TemplateFuzzTest::damaged);
  }

  private interface Source {
    String sample(SplittableRandom random);
  }

  private void fuzz(int samples, Source source) {
    int rendered = 0;
    for (int seed = 0; seed < samples; seed++) {
      String template = source.sample(new SplittableRandom(seed));
      List<Prompt> prompts = new ArrayList<>();
      String fault =
          fault(
              () -> {
                Prompt prompt = compile(template).render(request);
                prompts.add(prompt);
                return prompt;
              });
      assertEquals("", fault, () -> template);
      rendered += prompts.size();
    }
    assertTrue(
        rendered > samples / 50, "only " + rendered + " rendered: the samples say too little");
  }

  /** What is wrong with what an attempt does; nothing if it renders or refuses as it should. */
  private static String fault(Callable<Prompt> attempt) {
    long start = System.nanoTime();
    try {
      for (Segment segment : attempt.call().segments()) {
        if (segment.fromTemplate() && segment.text().contains(MARK)) {
          return "text of the conversation counts as the template's";
        }
      }
    } catch (TemplateException e) {
      if (e.line() < 1 || e.reason().isEmpty()) {
        return "a refusal without a line or a reason";
      }
    } catch (Throwable e) {
      return e.toString();
    }
    return System.nanoTime() - start > PATIENCE_NANOS ? "took too long" : "";
  }

  private static ChatTemplate compile(String source) throws TemplateException {
    return ChatTemplate.compile(
        source, Optional.of("<s>"), Optional.of("</s>"), Clock.systemUTC(), TemplateLimits.DEFAULT);
  }

  private static String soup(SplittableRandom random) {
    StringBuilder out = new StringBuilder();
    for (int parts = random.nextInt(1, 5); parts > 0; parts--) {
      StringBuilder inside = new StringBuilder();
      for (int n = random.nextInt(1, 12); n > 0; n--) {
        inside.append(SOUP[random.nextInt(SOUP.length)]).append(random.nextInt(3) > 0 ? " " : "");
      }
      out.append(WRAPPED[random.nextInt(WRAPPED.length)].replace("@", inside));
    }
    return out.toString();
  }

  private static final String[] TEMPLATES = {
    "HuggingFaceTB-SmolLM2-135M-Instruct", "HuggingFaceTB-SmolLM3-3B", "Qwen-Qwen2.5-7B-Instruct",
    "Qwen-Qwen3-0.6B", "ibm-granite-granite-3.3-2B-Instruct", "openai-gpt-oss-120b",
    "mistralai-Mistral-Nemo-Instruct-2407", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B"
  };

  private static String damaged(SplittableRandom random) {
    String name = TEMPLATES[random.nextInt(TEMPLATES.length)];
    StringBuilder text = new StringBuilder(TemplateGolden.template(name));
    for (int n = random.nextInt(1, 6); n > 0; n--) {
      damage(text, random);
    }
    return text.toString();
  }

  private static void damage(StringBuilder text, SplittableRandom random) {
    int from = random.nextInt(text.length());
    int to = Math.min(text.length(), from + random.nextInt(1, 40));
    switch (random.nextInt(5)) {
      case 0 -> text.delete(from, to);
      case 1 -> text.insert(random.nextInt(text.length()), text.substring(from, to));
      case 2 -> text.insert(from, SOUP[random.nextInt(SOUP.length)]);
      case 3 -> text.replace(from, to, SOUP[random.nextInt(SOUP.length)]);
      default -> text.setCharAt(from, (char) random.nextInt(1, 0x250));
    }
    if (text.isEmpty()) {
      text.append(' ');
    }
  }

  /** Each check sees what it is there for. */
  @Test
  void theChecksWork() {
    assertEquals("", fault(() -> new Prompt(List.of(new Segment(MARK, false)))));
    assertEquals("", fault(() -> compile("{{").render(PromptRequest.of())));
    assertTrue(
        fault(() -> new Prompt(List.of(new Segment("a" + MARK, true)))).contains("template's"));
    assertTrue(
        fault(
                () -> {
                  throw new StackOverflowError();
                })
            .contains("StackOverflow"));
    assertTrue(
        fault(
                () -> {
                  throw new NullPointerException();
                })
            .contains("NullPointer"));
  }
}
