package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The files of {@code golden/artifact}: {@code tiny.kolm} and one per defect, named by it, built
 * again byte for byte.
 */
public final class ArtifactVectors {
  static final String MANIFEST = "manifest.json";
  static final String ENVELOPE = "attest/manifest.dsse.json";
  static final String WEIGHTS = "model/weights.gguf";
  static final String TEMPLATE = "chat_template.jinja";
  static final String EVALS = "evals.jsonl";
  private static final String TYPE = "application/vnd.kolm.manifest+json;v=1";

  private static final JsonObject VECTORS = json("vectors.json");
  private static final KeyPair KEY = key(0);
  private static final KeyPair STRANGER = key(32);

  private ArtifactVectors() {}

  static byte[] resource(String name) {
    try (InputStream in = ArtifactVectors.class.getResourceAsStream("/golden/artifact/" + name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonObject json(String name) {
    try {
      return JsonReader.readObject(resource(name), JsonLimits.DEFAULT);
    } catch (JsonException e) {
      throw new IllegalStateException(e);
    }
  }

  public static JsonObject vectors() {
    return VECTORS;
  }

  public static String text(String name) {
    try {
      return VECTORS.string(name);
    } catch (JsonException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What {@code tiny.kolm} contains besides manifest and envelope. */
  public static Map<String, byte[]> content() {
    Map<String, byte[]> content = new TreeMap<>();
    content.put(
        TEMPLATE,
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}".getBytes(UTF_8));
    ByteBuffer gguf = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    content.put(WEIGHTS, gguf.put("GGUF".getBytes(UTF_8)).putInt(3).array());
    content.put(
        EVALS,
        ("{\"expected\":{\"text\":\"redact PHI: [NAME] MRN [MRN]\"},\"id\":\"e1\",\"messages\":"
                + "[{\"content\":\"redact PHI: John Doe MRN 8847\",\"role\":\"user\"}],"
                + "\"source\":\"human\"}\n")
            .getBytes(UTF_8));
    return content;
  }

  /** One entry of {@link #content}. */
  static byte[] content(String name) {
    return Objects.requireNonNull(content().get(name));
  }

  public static byte[] manifest() {
    return text("manifest").getBytes(UTF_8);
  }

  public static byte[] tiny() {
    return container(manifest(), content()).toArray();
  }

  /** A signed container with this manifest and content. */
  static ContainerBytes container(byte[] manifest, Map<String, byte[]> content) {
    return container(manifest, sign(manifest, KEY, TYPE, signature -> signature), content);
  }

  static ContainerBytes container(byte[] manifest, byte[] envelope, Map<String, byte[]> content) {
    ContainerBytes container = new ContainerBytes().add(MANIFEST, manifest);
    container.add(ENVELOPE, envelope);
    content.forEach(container::add);
    return container;
  }

  /** A container with this manifest, these attestations and the content of {@code tiny.kolm}. */
  public static byte[] attested(byte[] manifest, Map<String, byte[]> attestations) {
    ContainerBytes container = new ContainerBytes().add(MANIFEST, manifest);
    new TreeMap<>(attestations).forEach(container::add);
    content().forEach(container::add);
    return container.toArray();
  }

  /** The manifest of {@code tiny.kolm} with another top-level field. */
  public static byte[] manifestWith(String field, Json value) {
    return CanonicalJson.write(with(manifestJson(), field, value));
  }

  static Json.Obj manifestJson() {
    try {
      return (Json.Obj) JsonReader.read(manifest(), JsonLimits.DEFAULT);
    } catch (JsonException e) {
      throw new IllegalStateException(e);
    }
  }

  static Json.Obj with(Json.Obj object, String field, Json value) {
    Map<String, Json> members = new LinkedHashMap<>(object.members());
    members.put(field, value);
    return new Json.Obj(members);
  }

  /** All defective files by name. */
  public static Map<String, byte[]> negative() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    addLayouts(files);
    addHeaders(files);
    addEntries(files);
    addSignatures(files);
    addManifests(files);
    return files;
  }

  private static void addLayouts(Map<String, byte[]> files) {
    byte[] tiny = tiny();
    files.put("prefix-bytes", join("#!sh\n".getBytes(UTF_8), tiny));
    files.put("trailing-bytes", join(tiny, new byte[1]));
    files.put("truncated", Arrays.copyOf(tiny, tiny.length - 1));
    files.put("two-archives", join(tiny, tiny));
    ContainerBytes comment = container(manifest(), content());
    comment.comment = "hi";
    files.put("archive-comment", comment.toArray());
  }

  private static void addHeaders(Map<String, byte[]> files) {
    ContainerBytes deflate = container(manifest(), content());
    deflate.method = 8;
    files.put("deflate-method", deflate.toArray());
    ContainerBytes encrypted = container(manifest(), content());
    encrypted.flags = 1;
    files.put("encrypted-flag", encrypted.toArray());
    ContainerBytes descriptor = container(manifest(), content());
    descriptor.flags = 8;
    files.put("data-descriptor-flag", descriptor.toArray());
    ContainerBytes misaligned = container(manifest(), content());
    misaligned.align = 64;
    files.put("misaligned-data", misaligned.toArray());
    ContainerBytes padding = container(manifest(), content());
    padding.fill = 1;
    files.put("nonzero-padding", padding.toArray());
    ContainerBytes name = container(manifest(), content());
    name.directoryName = n -> n.replace("evals", "evalz");
    files.put("directory-name-differs", name.toArray());
    ContainerBytes crc = container(manifest(), content());
    crc.crcXor = 1;
    files.put("wrong-crc-only", crc.toArray());
  }

  private static void addEntries(Map<String, byte[]> files) {
    byte[] x = {'x'};
    files.put("duplicate-entry", container(manifest(), content()).add(EVALS, x).toArray());
    files.put(
        "case-colliding-entry", container(manifest(), content()).add("Evals.jsonl", x).toArray());
    files.put("parent-path", container(manifest(), content()).add("../evil", x).toArray());
    Map<String, byte[]> withoutEvals = content();
    withoutEvals.remove(EVALS);
    files.put("manifest-entry-missing", container(manifest(), withoutEvals).toArray());
    files.put("entry-not-in-manifest", container(manifest(), content()).add("zz.txt", x).toArray());
    ContainerBytes foreign = new ContainerBytes().add(MANIFEST, manifest());
    foreign.add("attest/extra.json", "{}".getBytes(UTF_8));
    foreign.add(ENVELOPE, sign(manifest(), KEY, TYPE, signature -> signature));
    content().forEach(foreign::add);
    files.put("foreign-attest-entry", foreign.toArray());
    files.put("weights-byte-flipped", flip(tiny(), indexOf(tiny(), "GGUF") + 8));
    files.put("template-byte-flipped", flip(tiny(), indexOf(tiny(), "{% for")));
  }

  private static void addSignatures(Map<String, byte[]> files) {
    files.put("manifest-differs-from-signed", flip(tiny(), indexOf(tiny(), "tiny-redactor")));
    ContainerBytes unsigned = new ContainerBytes().add(MANIFEST, manifest());
    content().forEach(unsigned::add);
    files.put("unsigned", unsigned.toArray());
    files.put("unknown-signer", signed(sign(manifest(), STRANGER, TYPE, s -> s)));
    files.put("signature-bit-flipped", signed(sign(manifest(), KEY, TYPE, s -> flip(s, 0))));
    files.put("signature-s-plus-l", signed(sign(manifest(), KEY, TYPE, ArtifactVectors::plusL)));
    files.put(
        "wrong-payload-type",
        signed(sign(manifest(), KEY, "application/vnd.kolm.eval+json;v=1", s -> s)));
  }

  private static byte[] signed(byte[] envelope) {
    return container(manifest(), envelope, content()).toArray();
  }

  private static void addManifests(Map<String, byte[]> files) {
    String text = text("manifest");
    files.put(
        "json-duplicate-key",
        packed(text.substring(0, text.length() - 1) + ",\"spec\":\"kolm-artifact/1\"}"));
    files.put(
        "json-pretty-printed", container(resource("manifest-pretty.json"), content()).toArray());
    files.put("json-trailing", packed(text + "{}"));
    files.put("json-bom", packed("\uFEFF" + text));
    files.put("future-spec", packed(manifestWith("spec", new Json.Str("kolm-artifact/2"))));
    files.put(
        "unknown-required-feature",
        packed(manifestWith("requires", new Json.Arr(List.of(new Json.Str("teleport"))))));
    files.put("unknown-field", packed(manifestWith("colour", new Json.Str("red"))));
    List<Json> swapped = new ArrayList<>(entries());
    Json.Obj first = (Json.Obj) swapped.get(0);
    Json.Obj second = (Json.Obj) swapped.get(1);
    swapped.set(0, with(first, "digest", digest(second)));
    swapped.set(1, with(second, "digest", digest(first)));
    files.put("digests-swapped-signed", packed(manifestWith("entries", new Json.Arr(swapped))));
    Map<String, byte[]> pointer = content();
    byte[] notWeights = "{\"base_model\":\"x/y\"}".getBytes(UTF_8);
    pointer.put(WEIGHTS, notWeights);
    List<Json> entries = new ArrayList<>(swapped);
    Collections.copy(entries, entries());
    Json.Obj weights = (Json.Obj) entries.get(2);
    weights = with(weights, "size", new Json.Int(notWeights.length));
    weights = with(weights, "digest", new Json.Str("sha256:" + Sha256.hex(Sha256.of(notWeights))));
    entries.set(2, weights);
    files.put(
        "weights-are-a-json-pointer",
        container(manifestWith("entries", new Json.Arr(entries)), pointer).toArray());
  }

  private static List<Json> entries() {
    try {
      return JsonObject.of(manifestJson(), "").array("entries");
    } catch (JsonException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Json digest(Json.Obj entry) {
    return Objects.requireNonNull(entry.members().get("digest"));
  }

  private static byte[] packed(String manifest) {
    return packed(manifest.getBytes(UTF_8));
  }

  private static byte[] packed(byte[] manifest) {
    return container(manifest, content()).toArray();
  }

  /** A DSSE envelope over {@code payload}. */
  private static byte[] sign(
      byte[] payload, KeyPair key, String type, UnaryOperator<byte[]> change) {
    try {
      byte[] head =
          "DSSEv1 %d %s %d ".formatted(type.length(), type, payload.length).getBytes(UTF_8);
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(key.getPrivate());
      signature.update(join(head, payload));
      byte[] spki = key.getPublic().getEncoded();
      Base64.Encoder base64 = Base64.getEncoder();
      return ("{\"payload\":\"%s\",\"payloadType\":\"%s\",\"signatures\":"
              + "[{\"keyid\":\"%s\",\"pub\":\"%s\",\"sig\":\"%s\"}]}")
          .formatted(
              base64.encodeToString(payload),
              type,
              Sha256.hex(Sha256.of(spki)).substring(0, 32),
              base64.encodeToString(spki),
              base64.encodeToString(change.apply(signature.sign())))
          .getBytes(UTF_8);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The key of the seed {@code from, from + 1, ...}. */
  private static KeyPair key(int from) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
      SecureRandom seed =
          new SecureRandom() {
            @Override
            public void nextBytes(byte[] bytes) {
              for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (from + i);
              }
            }
          };
      generator.initialize(NamedParameterSpec.ED25519, seed);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A signature whose second half is larger by the order of the group: malleable. */
  private static byte[] plusL(byte[] signature) {
    BigInteger order =
        BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
    byte[] s = reversed(Arrays.copyOfRange(signature, 32, 64));
    byte[] sum = reversed(new BigInteger(1, s).add(order).toByteArray());
    byte[] changed = signature.clone();
    System.arraycopy(sum, 0, changed, 32, Math.min(32, sum.length));
    return changed;
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] reversed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      reversed[i] = bytes[bytes.length - 1 - i];
    }
    return reversed;
  }

  static byte[] join(byte[] a, byte[] b) {
    byte[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  public static byte[] flip(byte[] bytes, int at) {
    byte[] changed = bytes.clone();
    changed[at] ^= 1;
    return changed;
  }

  public static int indexOf(byte[] bytes, String text) {
    return HexFormat.of().formatHex(bytes).indexOf(HexFormat.of().formatHex(text.getBytes(UTF_8)))
        / 2;
  }
}
