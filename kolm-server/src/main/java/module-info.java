import org.jspecify.annotations.NullMarked;

/** The OpenAI schema over HTTP, and the kolm command line. */
@NullMarked
module ai.kolm.server {
  requires static transitive org.jspecify;
  requires transitive ai.kolm.runtime;
  requires com.fasterxml.jackson.core;
  requires info.picocli;
  requires java.logging;
  requires java.management;
  requires org.eclipse.jetty.http;
  requires org.eclipse.jetty.io;
  requires org.eclipse.jetty.server;
  requires org.eclipse.jetty.util;
  requires org.tomlj;

  exports ai.kolm.server;

  opens ai.kolm.cli to
      info.picocli;
}
