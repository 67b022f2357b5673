package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The rules of a manifest that look at more than one of its fields. */
final class ManifestReferences {
  private final Manifest manifest;
  private final Faults faults;
  private final Map<String, ManifestEntry> entries = new HashMap<>();

  private ManifestReferences(Manifest manifest, Faults faults) {
    this.manifest = manifest;
    this.faults = faults;
  }

  /**
   * Checks the order, roles and sizes of the entries, that every entry named has the fitting role,
   * and what adapters and the draft must agree on.
   */
  static void check(Manifest manifest, Faults faults) throws ArtifactException {
    ManifestReferences check = new ManifestReferences(manifest, faults);
    check.checkEntries();
    check.checkModel();
    check.checkAudio();
    check.checkAdapters();
    check.checkDraft();
    check.named("/chat_template/entry", manifest.chatTemplate(), EntryRole.TEMPLATE);
    check.named("/license/entry", manifest.license().entry(), EntryRole.LICENSE);
    check.named("/evals/entry", manifest.evals().map(Manifest.Evals::entry), EntryRole.EVALS);
    check.named("/provenance/entry", manifest.provenance(), EntryRole.PROVENANCE);
    check.named("/build/entry", manifest.build(), EntryRole.BUILD);
  }

  private void checkEntries() throws ArtifactException {
    String previous = "";
    for (ManifestEntry entry : manifest.entries()) {
      String where = where("/entries (" + entry.name() + ")");
      if (previous.compareTo(entry.name()) >= 0) {
        throw faults.of(Code.MANIFEST_SCHEMA, where, "must stand before " + previous);
      }
      if (entry.size() > entry.role().maxBytes()) {
        throw faults.of(
            Code.CONTAINER_LIMIT,
            where,
            "size in the role " + ManifestChecks.id(entry.role()),
            "at most " + entry.role().maxBytes(),
            entry.size());
      }
      if (entry.name().equals(ContainerFormat.CHUNKS) != (entry.role() == EntryRole.CHUNKS)) {
        throw faults.of(
            Code.MANIFEST_REFERENCE, where, "only chunks.bin has the role chunks, and no other");
      }
      entries.put(entry.name(), entry);
      previous = entry.name();
    }
  }

  private void checkModel() throws ArtifactException {
    if (manifest.model().isPresent()) {
      BaseModel model = manifest.model().get();
      named("/model/weights", model.weights(), EntryRole.WEIGHTS);
      named("/model/config", model.config(), EntryRole.CONFIG);
    }
    named(
        "/tokenizer/entry",
        manifest.tokenizer().flatMap(Manifest.TokenizerSource::entry),
        EntryRole.TOKENIZER);
  }

  private void checkAudio() throws ArtifactException {
    if (manifest.audio().isPresent()) {
      AudioModel audio = manifest.audio().get();
      named("/audio/weights", audio.weights(), EntryRole.AUDIO);
      named("/audio/config", audio.config(), EntryRole.AUDIO, EntryRole.CONFIG);
      named("/audio/tokenizer", audio.tokenizer(), EntryRole.AUDIO, EntryRole.TOKENIZER);
    }
  }

  private void checkAdapters() throws ArtifactException {
    Set<String> names = new HashSet<>();
    Set<Adapter.Target> defaults = EnumSet.noneOf(Adapter.Target.class);
    for (Adapter adapter : manifest.adapters()) {
      String pointer = "/adapters (" + adapter.name() + ")";
      named(pointer, List.of(adapter.weights(), adapter.config()), EntryRole.ADAPTER);
      if (!names.add(adapter.name())) {
        throw faults.of(Code.MANIFEST_SCHEMA, where(pointer), "a second adapter of this name");
      }
      if (adapter.byDefault() && !defaults.add(adapter.target())) {
        throw faults.of(Code.MANIFEST_SCHEMA, where(pointer), "a second default of its target");
      }
      boolean hasTarget =
          switch (adapter.target()) {
            case MODEL -> manifest.model().isPresent();
            case AUDIO -> manifest.audio().isPresent();
          };
      if (!hasTarget) {
        throw faults.of(Code.MANIFEST_REFERENCE, where(pointer), "its target is not there");
      }
    }
  }

  private void checkDraft() throws ArtifactException {
    if (manifest.draft().isPresent()) {
      DraftModel draft = manifest.draft().get();
      named("/draft/weights", draft.weights(), EntryRole.DRAFT);
      String vocabulary = manifest.model().flatMap(BaseModel::vocabDigest).orElse("none");
      if (!draft.vocabDigest().equals(vocabulary)) {
        throw faults.of(
            Code.DRAFT_VOCAB,
            where("/draft/vocab_digest"),
            "vocabulary of the draft",
            vocabulary + " as that of the model",
            draft.vocabDigest());
      }
    }
  }

  private void named(String pointer, Optional<String> name, EntryRole... roles)
      throws ArtifactException {
    if (name.isPresent()) {
      named(pointer, List.of(name.get()), roles);
    }
  }

  private void named(String pointer, List<String> names, EntryRole... roles)
      throws ArtifactException {
    for (String name : names) {
      ManifestEntry entry = entries.get(name);
      if (entry == null || !List.of(roles).contains(entry.role())) {
        throw faults.of(
            Code.MANIFEST_REFERENCE,
            where(pointer),
            "entry " + name,
            "one in entries with the role " + ManifestChecks.id(roles[0]),
            entry == null ? "none" : ManifestChecks.id(entry.role()));
      }
    }
  }

  private static String where(String pointer) {
    return ContainerFormat.MANIFEST + " " + pointer;
  }
}
