import org.jspecify.annotations.NullMarked;

/** The OpenAI schema over HTTP, and the kolm command line. */
@NullMarked
module ai.kolm.server {
  requires static transitive org.jspecify;
  requires transitive ai.kolm.runtime;
  requires com.fasterxml.jackson.core;
  requires info.picocli;
  requires java.management;
  requires org.tomlj;

  opens ai.kolm.cli to
      info.picocli;
}
