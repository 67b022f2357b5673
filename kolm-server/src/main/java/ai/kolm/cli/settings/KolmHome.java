package ai.kolm.cli.settings;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where kolm keeps its files: {@code $KOLM_HOME}, else {@code ~/.kolm}. {@code ~} is {@code $HOME};
 * Java's {@code user.home} comes from the password database and can be another directory, so it is
 * used only where HOME is not set, as on Windows.
 *
 * @param user the home of the user
 * @param root the directory of kolm
 */
public record KolmHome(Path user, Path root) {

  /** The directories that {@code environment} says. */
  public static KolmHome of(Map<String, String> environment) {
    String home = set(environment.get("HOME"));
    Path user = Path.of(home == null ? System.getProperty("user.home", "") : home);
    String root = set(environment.get("KOLM_HOME"));
    return new KolmHome(user, root == null ? user.resolve(".kolm") : expand(user, root));
  }

  private static @Nullable String set(@Nullable String value) {
    return value == null || value.isEmpty() ? null : value;
  }

  private static Path expand(Path user, String path) {
    if (path.equals("~")) {
      return user;
    }
    return path.startsWith("~/") ? user.resolve(path.substring(2)) : Path.of(path);
  }

  /** {@code path} with {@code ~} in front replaced by the home of the user. */
  public Path expand(String path) {
    return expand(user, path);
  }

  /** The artifacts that can be named without a path. */
  public Path artifacts() {
    return root.resolve("artifacts");
  }

  /** Half-done things, on the same file system as the artifacts. */
  public Path temporary() {
    return root.resolve("tmp");
  }

  /** The settings. */
  public Path configFile() {
    return root.resolve("config.toml");
  }
}
