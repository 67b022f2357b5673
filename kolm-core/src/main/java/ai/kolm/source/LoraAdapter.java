package ai.kolm.source;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.tensor.Tensor;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A LoRA adapter (Hu et al. 2021) as PEFT saves it: {@code adapter_model.safetensors} with the two
 * factors of each change, and {@code adapter_config.json}. With it a product is y = W x + scale * B
 * (A x). docs/format.md says what is accepted; everything else is refused, because an adapter that
 * is applied in part gives answers that look right.
 *
 * <p>Whether it fits a model is not known here. Immutable; valid as long as the memory of its
 * tensors.
 *
 * @param name what requests call it
 * @param digest of its content: two adapters with one digest change a model alike
 * @param config what {@code adapter_config.json} says
 * @param factors by the module they change
 * @param byDefault whether it is applied where a request names none
 */
public record LoraAdapter(
    String name,
    String digest,
    LoraConfig config,
    Map<Module, Factors> factors,
    boolean byDefault) {
  /** The file of the factors. */
  public static final String WEIGHTS_FILE = "adapter_model.safetensors";

  /** The file of the configuration. */
  public static final String CONFIG_FILE = "adapter_config.json";

  static final int MAX_CONFIG_BYTES = 1 << 20;

  private static final Pattern TENSOR =
      Pattern.compile(
          "base_model\\.model\\.(?:model\\.|model\\.language_model\\.|language_model\\.model\\.)"
              + "layers\\.(0|[1-9][0-9]{0,3})\\.((?:self_attn|mlp)\\.[a-z_]{1,32})"
              + "\\.lora_([AB])\\.weight");

  /**
   * A matrix of the model.
   *
   * @param layer 0-based
   * @param name as Hugging Face calls it: {@code self_attn.q_proj}
   */
  public record Module(int layer, String name) {}

  /**
   * The factors of one change.
   *
   * @param a (rank, inputs)
   * @param b (outputs, rank), rows in the order of Hugging Face files
   */
  public record Factors(Tensor a, Tensor b) {}

  /** Copies the map. */
  public LoraAdapter {
    factors = Map.copyOf(factors);
  }

  /**
   * Opens the adapter in a directory.
   *
   * @param name what to call it
   * @param arena owns the memory of the factors
   * @throws ModelFormatException if it is none that kolm can apply
   * @throws IOException if a file is missing or cannot be read
   */
  public static LoraAdapter open(Path directory, String name, Arena arena)
      throws IOException, ModelFormatException {
    Path weights = directory.resolve(WEIGHTS_FILE);
    SafetensorsFile file = SafetensorsFile.open(weights, arena);
    byte[] config;
    try (InputStream in = Files.newInputStream(directory.resolve(CONFIG_FILE))) {
      config = in.readNBytes(MAX_CONFIG_BYTES + 1);
    }
    String digest = HexFormat.of().formatHex(sha256(weights, config));
    return of(name, digest, LoraConfig.read(CONFIG_FILE, config), file, false);
  }

  /** Reads an adapter from memory, as {@link #open}. */
  static LoraAdapter read(
      String name, String digest, byte[] config, MemorySegment weights, boolean byDefault)
      throws ModelFormatException {
    String file = "adapters/" + name + "/";
    return of(
        name,
        digest,
        LoraConfig.read(file + CONFIG_FILE, config),
        SafetensorsFile.read(weights, file + WEIGHTS_FILE),
        byDefault);
  }

  private static byte[] sha256(Path weights, byte[] config) throws IOException {
    try (InputStream in = Files.newInputStream(weights)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(config.length).array());
      digest.update(config);
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private static LoraAdapter of(
      String name, String digest, LoraConfig config, SafetensorsFile file, boolean byDefault)
      throws ModelFormatException {
    String label = file.files().getFirst();
    Map<String, Tensor> tensors = new HashMap<>();
    file.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
    Map<Module, Factors> factors = new HashMap<>();
    for (String tensorName : file.weights().names()) {
      Matcher matcher = TENSOR.matcher(tensorName);
      if (!matcher.matches()) {
        throw fault(
            label, tensorName, "lora_A or lora_B of a linear module", "a tensor of this name");
      }
      Module module = new Module(Integer.parseInt(matcher.group(1)), matcher.group(2));
      String stem = tensorName.substring(0, matcher.start(3) - "lora_".length());
      Tensor a = matrix(label, tensors, stem + "lora_A.weight");
      Tensor b = matrix(label, tensors, stem + "lora_B.weight");
      check(label, a, "rows", config.rank(), a.shape().rows());
      check(label, b, "columns", config.rank(), b.shape().columns());
      Factors before = factors.put(module, new Factors(a, b));
      if (before != null && !before.a().name().equals(a.name())) {
        throw fault(label, tensorName, "one pair for each module", "a second one");
      }
    }
    if (factors.isEmpty()) {
      throw fault(label, "", "factors", "none");
    }
    return new LoraAdapter(name, digest, config, factors, byDefault);
  }

  private static Tensor matrix(String label, Map<String, Tensor> tensors, String name)
      throws ModelFormatException {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw fault(label, name, "a tensor of F32, F16 or BF16", "none");
    }
    if (tensor.shape().rank() != 2) {
      throw fault(label, name, "a matrix", "shape " + tensor.shape());
    }
    return tensor;
  }

  private static void check(String label, Tensor tensor, String what, long expected, long actual)
      throws ModelFormatException {
    if (expected != actual) {
      throw fault(
          label, tensor.name(), "%d %s".formatted(expected, what), "shape " + tensor.shape());
    }
  }

  /** An adapter that does not fit: {@code adapter_shape}. */
  public static ModelFormatException fault(
      String label, String where, String expected, String actual) {
    return new ModelFormatException(
        label,
        new ArtifactException(Code.ADAPTER_SHAPE, label, where, "adapter", expected, actual));
  }
}
