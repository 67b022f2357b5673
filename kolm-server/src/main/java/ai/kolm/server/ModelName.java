package ai.kolm.server;

import java.util.Optional;

/**
 * A model as a request names it: {@code phi-redactor}, {@code phi-redactor.kolm}, {@code
 * phi-redactor:legal}.
 *
 * @param id the name of its file
 * @param adapter the adapter asked for
 */
record ModelName(String id, Optional<String> adapter) {
  private static final String EXTENSION = ".kolm";

  /** What a text means. */
  static ModelName of(String text) {
    int colon = text.indexOf(':');
    return colon < 0
        ? new ModelName(text, Optional.empty())
        : new ModelName(text.substring(0, colon), Optional.of(text.substring(colon + 1)));
  }

  /** The id, with the extension that may be left out. */
  String fullId() {
    return id.endsWith(EXTENSION) ? id : id + EXTENSION;
  }

  /** The whole name, with the extension. */
  String full() {
    return adapter.map(name -> fullId() + ":" + name).orElseGet(this::fullId);
  }
}
