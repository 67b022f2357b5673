import org.jspecify.annotations.NullMarked;

/** The OpenAI schema over HTTP, and the kolm command line. */
@NullMarked
module ai.kolm.server {
  requires static transitive org.jspecify;
  requires transitive ai.kolm.runtime;
  requires com.fasterxml.jackson.core;
  requires info.picocli;
  requires micrometer.core;
  requires micrometer.registry.prometheus;
  requires java.logging;
  requires java.management;
  requires java.net.http;
  requires org.eclipse.jetty.http;
  requires org.eclipse.jetty.io;
  requires org.eclipse.jetty.server;
  requires org.eclipse.jetty.util;
  requires org.tomlj;
  requires re2j;

  exports ai.kolm.anonymize;
  exports ai.kolm.capture;
  exports ai.kolm.server;
  exports ai.kolm.upstream;

  opens ai.kolm.cli to
      info.picocli;
}
