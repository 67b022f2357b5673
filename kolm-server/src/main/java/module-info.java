import org.jspecify.annotations.NullMarked;

/** The OpenAI schema over HTTP, and the kolm command line. */
@NullMarked
module ai.kolm.server {
  requires static transitive org.jspecify;
  requires transitive ai.kolm.runtime;
  requires com.fasterxml.jackson.core;
  requires org.eclipse.jetty.http;
  requires org.eclipse.jetty.io;
  requires org.eclipse.jetty.server;
  requires org.eclipse.jetty.util;

  exports ai.kolm.server;
}
