package ai.kolm.cli.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  @TempDir private Path root;

  private Settings load(String toml, Map<String, String> environment) throws IOException {
    Files.writeString(root.resolve("config.toml"), toml);
    return Settings.load(new KolmHome(root, root), environment);
  }

  @Test
  void flagGoesBeforeEnvironmentBeforeFileBeforeDefault() throws IOException {
    Map<String, String> environment = Map.of("KOLM_PORT", "2");
    Settings all = load("[serve]\nport = 3\n", environment);
    assertEquals(1, all.get(Setting.PORT, "1", "--port"));
    assertEquals(2, all.get(Setting.PORT, null, "--port"));
    assertEquals("environment KOLM_PORT", all.origin(Setting.PORT).origin());
    Settings file = load("[serve]\nport = 3\n", Map.of("KOLM_PORT", ""));
    assertEquals(3, file.get(Setting.PORT));
    assertEquals("config.toml line 2", file.origin(Setting.PORT).origin());
    Settings nothing = load("", Map.of());
    assertEquals(8765, nothing.get(Setting.PORT));
    assertEquals("default", nothing.origin(Setting.PORT).origin());
  }

  @Test
  void withoutAFileThereAreDefaults() throws IOException {
    Settings settings = Settings.load(new KolmHome(root, root.resolve("none")), Map.of());
    assertEquals(OptionalInt.empty(), settings.get(Setting.THREADS));
    assertEquals("127.0.0.1", settings.get(Setting.HOST));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          serve.prot = 1               | line 1: unknown key serve.prot; did you mean "serve.port"?
          # one\\n[serve]\\nhots = "x" | line 3: unknown key serve.hots
          serve.port = [1]             | line 1: serve.port: expected a text, a whole number
          serve = 5                    | line 1: unknown key serve
          serve.port =                 | line 1:
          """)
  void aFileThatIsWrongIsRefusedWithTheLine(String toml, String message) {
    SettingException e =
        assertThrows(SettingException.class, () -> load(toml.replace("\\n", "\n"), Map.of()));
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  @Test
  void aValueThatIsWrongIsRefusedWithItsOrigin() throws IOException {
    Settings settings =
        load("engine.threads = 0\npull.offline = true\n", Map.of("KOLM_PORT", "http"));
    assertTrue(settings.get(Setting.OFFLINE));
    SettingException port = assertThrows(SettingException.class, () -> settings.get(Setting.PORT));
    assertEquals(
        "serve.port (environment KOLM_PORT): expected a port from 0 to 65535, got \"http\"",
        port.getMessage());
    SettingException threads =
        assertThrows(SettingException.class, () -> settings.get(Setting.THREADS));
    assertTrue(String.valueOf(threads.getMessage()).contains("config.toml line 1"));
  }

  @Test
  void homeIsThatOfTheEnvironment() {
    assertEquals(Path.of("/h/.kolm"), KolmHome.of(Map.of("HOME", "/h")).root());
    assertEquals(Path.of("/k"), KolmHome.of(Map.of("HOME", "/h", "KOLM_HOME", "/k")).root());
    assertEquals(Path.of("/h/k"), KolmHome.of(Map.of("HOME", "/h", "KOLM_HOME", "~/k")).root());
    assertEquals(Path.of("/h/x"), KolmHome.of(Map.of("HOME", "/h")).expand("~/x"));
  }
}
