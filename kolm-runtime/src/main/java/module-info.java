import org.jspecify.annotations.NullMarked;

/** Running a model: kernels, architectures, scheduler, sampling, in-process chat completions. */
@NullMarked
@SuppressWarnings("module") // the server is compiled after this module
module ai.kolm.runtime {
  requires static transitive org.jspecify;
  requires static jdk.incubator.vector;
  requires jdk.management;
  requires transitive ai.kolm.core;
  requires transitive ai.kolm.grammar;

  exports ai.kolm.bench to
      ai.kolm.server;
  exports ai.kolm.chat;
  exports ai.kolm.chat.tool;
  exports ai.kolm.embedding;
  exports ai.kolm.engine;
  exports ai.kolm.sampling;
  exports ai.kolm.model to
      ai.kolm.server;
  exports ai.kolm.training to
      ai.kolm.server;
}
