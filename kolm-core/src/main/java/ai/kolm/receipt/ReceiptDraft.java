package ai.kolm.receipt;

import ai.kolm.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A receipt that is being filled in. It takes digests and counts, never text of prompts or answers.
 * For one thread.
 */
public final class ReceiptDraft {
  private static final int MAX_FIELD = 200;

  /** What was asked for. */
  public enum Kind {
    /** Chat completions. */
    CHAT_COMPLETION(true),
    /** Continuations of texts. */
    COMPLETION(true),
    /** Responses. */
    RESPONSE(true),
    /** Embeddings. */
    EMBEDDING(true),
    /** What was passed on to a provider. */
    CAPTURE(true),
    /** The list of models. */
    MODELS(false),
    /** Receipts and their keys. */
    RECEIPT(false),
    /** Whether the server lives. */
    HEALTH(false),
    /** Anything else, which there is not. */
    ERROR(false);

    private final boolean chained;

    Kind(boolean chained) {
      this.chained = chained;
    }

    /** Whether receipts of this kind are written to the audit log. */
    public boolean chained() {
      return chained;
    }

    /** The kind as receipts name it: {@code chat.completion}, ... */
    public String id() {
      return name().toLowerCase(Locale.ROOT).replace('_', '.');
    }
  }

  private final String id;
  private final Kind kind;
  private final Map<String, Json> members = new TreeMap<>();

  /**
   * @param id made by {@link ReceiptId}
   */
  public ReceiptDraft(String id, Kind kind) {
    this.id = id;
    this.kind = kind;
    members.put("v", new Json.Int(1));
    members.put("id", new Json.Str(id));
    members.put("kind", new Json.Str(kind.id()));
  }

  /** The name of the receipt. */
  public String id() {
    return id;
  }

  /** What was asked for. */
  public Kind kind() {
    return kind;
  }

  /** The nonce of the client, as its digest. */
  public void nonce(Optional<ReceiptNonce> nonce) {
    nonce.ifPresent(sent -> members.put("nonce", new Json.Str(sent.digest())));
  }

  /** The digest of the request. */
  public void request(String digest) {
    members.put("req", new Json.Str(digest));
  }

  /** What answers. */
  public void source(AnswerSource source) {
    source.addTo(members);
  }

  /** The parameters of the generation. */
  public void params(Json.Obj params) {
    members.put("params", params);
  }

  /** The digest of the grammar that answers are held to. */
  public void grammar(String digest) {
    members.put("gram", new Json.Str(digest));
  }

  /** The digest of the response. */
  public void response(String digest) {
    members.put("res", new Json.Str(digest));
  }

  /** The digest of the answer as a user of an SDK sees it. */
  public void answer(String digest) {
    members.put("out", new Json.Str(digest));
  }

  /** The tokens counted. */
  public void usage(long in, long cached, long out) {
    members.put(
        "usage",
        new Json.Obj(
            Map.of(
                "in", new Json.Int(in), "cached", new Json.Int(cached), "out", new Json.Int(out))));
  }

  /** Why each choice ended. */
  public void finish(List<String> reasons) {
    members.put("fin", new Json.Arr(reasons.stream().<Json>map(Json.Str::new).toList()));
  }

  /** The status of HTTP. */
  public void status(int status) {
    members.put("status", new Json.Int(status));
  }

  /** An error's type, and its code if it has one. */
  public void error(String type, Optional<String> code) {
    Map<String, Json> error = new TreeMap<>();
    error.put("type", new Json.Str(shorten(type)));
    code.ifPresent(text -> error.put("code", new Json.Str(shorten(text))));
    members.put("err", new Json.Obj(error));
  }

  /** What became of the record of a captured exchange, and the host it was passed on to. */
  public void capture(String store, String upstream) {
    members.put("store", new Json.Str(store));
    members.put("upstream", new Json.Str(shorten(upstream)));
  }

  private static String shorten(String text) {
    return text.substring(0, Math.min(text.length(), MAX_FIELD));
  }

  /** Milliseconds to the first token and to the end. */
  public void time(long firstToken, long total) {
    members.put("ms", new Json.Arr(List.of(new Json.Int(firstToken), new Json.Int(total))));
  }

  /** The open receipt that this final one belongs to. */
  void open(String digest) {
    members.put("open", new Json.Str(digest));
  }

  Map<String, Json> members() {
    return members;
  }
}
