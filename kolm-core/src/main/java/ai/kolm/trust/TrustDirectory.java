package ai.kolm.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.trust.TrustException.Code;
import ai.kolm.trust.TrustedKey.Terms;
import ai.kolm.trust.TrustedKey.Use;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files of the trust store: {@code KEYID.pem} for each key, beside it {@code KEYID.json} with
 * terms where there are some, and {@code revoked.json}. A file that is not as it should be makes
 * the whole store unreadable: a revocation that cannot be read must not count as none.
 */
public final class TrustDirectory {
  private static final String PEM = ".pem";
  private static final String REVOKED = "revoked.json";
  private static final int MAX_FILE = 1 << 20;
  private static final int MAX_KEYS = 10_000;

  private final Path directory;

  /** The store in {@code directory}, which need not exist. */
  public TrustDirectory(Path directory) {
    this.directory = directory;
  }

  /** Where the files are. */
  public Path path() {
    return directory;
  }

  /**
   * Reads the store.
   *
   * @throws TrustException {@code store_invalid} or {@code key_invalid}
   */
  public TrustStore load() throws IOException, TrustException {
    List<Path> files;
    try (Stream<Path> list = Files.list(directory)) {
      files =
          list.filter(file -> file.getFileName().toString().matches("[0-9a-f]{32}\\.pem"))
              .sorted()
              .limit(MAX_KEYS)
              .toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return TrustStore.EMPTY;
    }
    List<TrustedKey> keys = new ArrayList<>();
    for (Path file : files) {
      keys.add(key(file));
    }
    return new TrustStore(keys, revoked());
  }

  private TrustedKey key(Path file) throws IOException, TrustException {
    VerifyingKey key = VerifyingKey.ofPem(new String(read(file), UTF_8), file.toString());
    String name = String.valueOf(file.getFileName());
    if (!name.equals(key.id() + PEM)) {
      throw new TrustException(
          Code.STORE_INVALID, "%s: expected the name %s.pem".formatted(file, key.id()));
    }
    Path terms = terms(key.id());
    return new TrustedKey(key, Files.exists(terms) ? readTerms(terms) : Terms.ALL);
  }

  private Path terms(String keyId) {
    return directory.resolve(keyId + ".json");
  }

  private static Terms readTerms(Path file) throws IOException, TrustException {
    try {
      JsonObject json = json(file);
      expect(json, Set.of("name", "not_before", "not_after", "uses", "tofu"));
      Set<Use> uses = new LinkedHashSet<>();
      for (String use : json.strings("uses")) {
        uses.add(
            Stream.of(Use.values())
                .filter(known -> known.id().equals(use))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown use \"" + use + "\"")));
      }
      return new Terms(
          json.findString("name"),
          json.findInteger("not_before"),
          json.findInteger("not_after"),
          uses.isEmpty() && json.find("uses").isEmpty() ? Terms.ALL.uses() : uses,
          json.bool("tofu", false));
    } catch (JsonException | IllegalArgumentException e) {
      throw new TrustException(Code.STORE_INVALID, "%s: %s".formatted(file, e.getMessage()));
    }
  }

  private List<Revocation> revoked() throws IOException, TrustException {
    Path file = directory.resolve(REVOKED);
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      JsonObject json = json(file);
      expect(json, Set.of("v", "revoked"));
      if (json.integer("v") != 1) {
        throw new IllegalArgumentException("/v: expected 1, got " + json.integer("v"));
      }
      List<Revocation> revoked = new ArrayList<>();
      for (JsonObject one : json.objects("revoked")) {
        expect(one, Set.of("keyid", "cid", "at", "reason"));
        boolean key = one.find("keyid").isPresent();
        if (key && one.find("cid").isPresent()) {
          throw new IllegalArgumentException(one.pointer() + ": both keyid and cid");
        }
        revoked.add(
            new Revocation(
                one.string(key ? "keyid" : "cid"),
                one.integer("at"),
                one.findString("reason").orElse("")));
      }
      return revoked;
    } catch (JsonException | IllegalArgumentException e) {
      throw new TrustException(Code.STORE_INVALID, "%s: %s".formatted(file, e.getMessage()));
    }
  }

  private static void expect(JsonObject json, Set<String> names) {
    for (String name : json.names()) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException("unknown field " + json.at(name));
      }
    }
  }

  private static JsonObject json(Path file) throws IOException, TrustException, JsonException {
    return JsonReader.readObject(read(file), JsonLimits.DEFAULT.withBytes(MAX_FILE));
  }

  static byte[] read(Path file) throws IOException, TrustException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_FILE + 1);
      if (bytes.length > MAX_FILE) {
        throw new TrustException(
            Code.STORE_INVALID, "%s: more than %,d bytes".formatted(file, MAX_FILE));
      }
      return bytes;
    }
  }

  /** Trusts a key from now on; one that was there before gets the new terms. */
  public void trust(VerifyingKey key, Terms terms) throws IOException {
    // The terms first: a key that is there without them would be trusted for everything.
    DurableFile.write(terms(key.id()), CanonicalJson.write(json(terms)));
    DurableFile.write(directory.resolve(key.id() + PEM), key.pem().getBytes(UTF_8));
  }

  private static Json json(Terms terms) {
    Map<String, Json> members = new LinkedHashMap<>();
    terms.name().ifPresent(name -> members.put("name", new Json.Str(name)));
    terms.notBefore().ifPresent(time -> members.put("not_before", new Json.Int(time)));
    terms.notAfter().ifPresent(time -> members.put("not_after", new Json.Int(time)));
    members.put("uses", new Json.Arr(terms.uses().stream().sorted().<Json>map(Use::json).toList()));
    if (terms.firstUse()) {
      members.put("tofu", new Json.Bool(true));
    }
    return new Json.Obj(members);
  }

  /**
   * Revokes a key or an artifact; one that is revoked already stays as it was.
   *
   * @throws TrustException if what is revoked so far cannot be read
   */
  public void revoke(String subject, Instant at, String reason) throws IOException, TrustException {
    List<Revocation> all = new ArrayList<>(revoked());
    if (all.stream().anyMatch(known -> known.subject().equals(subject))) {
      return;
    }
    all.add(new Revocation(subject, at.getEpochSecond(), reason));
    List<Json> entries = new ArrayList<>();
    for (Revocation one : all) {
      entries.add(
          new Json.Obj(
              Map.of(
                  one.isOfArtifact() ? "cid" : "keyid",
                  new Json.Str(one.subject()),
                  "at",
                  new Json.Int(one.at()),
                  "reason",
                  new Json.Str(one.reason()))));
    }
    Json.Obj file = new Json.Obj(Map.of("v", new Json.Int(1), "revoked", new Json.Arr(entries)));
    DurableFile.write(directory.resolve(REVOKED), CanonicalJson.write(file));
  }
}
