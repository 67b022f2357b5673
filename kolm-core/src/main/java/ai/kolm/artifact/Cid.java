package ai.kolm.artifact;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The content identifier of an artifact: a digest over every byte that can change an answer.
 *
 * <p>It is the SHA-256 of the canonical JSON {@code {"spec":"kolm-cid/1","entries":[{"name",
 * "size", "digest"}, ...]}} with the manifest and every entry it lists, by name. Signed statements
 * about the content are not in it.
 *
 * @param text {@code cidv1:sha256:} and 64 lower-case hexadecimal digits
 */
public record Cid(String text) {
  private static final String PREFIX = "cidv1:";
  private static final String SPEC = "kolm-cid/1";
  private static final Pattern FORM = Pattern.compile("cidv1:sha256:[0-9a-f]{64}");

  /**
   * @throws IllegalArgumentException if {@code text} has another form
   */
  public Cid {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "a CID is cidv1:sha256: and 64 hexadecimal digits, not \"" + text + "\"");
    }
  }

  /**
   * The CID of an artifact.
   *
   * @param manifestBytes the bytes of {@code manifest.json}
   */
  static Cid of(Manifest manifest, byte[] manifestBytes) {
    return new Cid(
        PREFIX + EntryDigest.PLAIN + Sha256.hex(Sha256.of(preimage(manifest, manifestBytes))));
  }

  /** The bytes whose digest the CID is. */
  static byte[] preimage(Manifest manifest, byte[] manifestBytes) {
    Map<String, Json> byName = new TreeMap<>();
    byName.put(
        ContainerFormat.MANIFEST,
        element(
            ContainerFormat.MANIFEST,
            manifestBytes.length,
            EntryDigest.PLAIN + Sha256.hex(Sha256.of(manifestBytes))));
    for (ManifestEntry entry : manifest.entries()) {
      byName.put(entry.name(), element(entry.name(), entry.size(), entry.digest().text()));
    }
    List<Json> elements = new ArrayList<>(byName.values());
    return CanonicalJson.write(
        new Json.Obj(Map.of("spec", new Json.Str(SPEC), "entries", new Json.Arr(elements))));
  }

  private static Json element(String name, long size, String digest) {
    return new Json.Obj(
        Map.of(
            "name", new Json.Str(name),
            "size", new Json.Int(size),
            "digest", new Json.Str(digest)));
  }

  @Override
  public String toString() {
    return text;
  }
}
