package ai.kolm.distill;

import java.util.Set;

/** Which licences of bases let a student be made, used and sold without further ado. */
public final class BaseLicence {
  /** Of the SPDX list: those without a condition on who uses a model, or what for. */
  private static final Set<String> FREE =
      Set.of(
          "Apache-2.0",
          "MIT",
          "BSD-2-Clause",
          "BSD-3-Clause",
          "ISC",
          "Unlicense",
          "CC0-1.0",
          "CC-BY-4.0",
          "CC-BY-SA-4.0",
          "MPL-2.0");

  private BaseLicence() {}

  /** Whether a user has to say that these terms were read. */
  public static boolean needsConsent(String id) {
    return !FREE.contains(id);
  }
}
