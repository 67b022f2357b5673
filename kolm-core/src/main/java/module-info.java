import org.jspecify.annotations.NullMarked;

/** Files, tokens and text: weights, artifacts, tokenizers, chat templates. No mathematics. */
@NullMarked
module ai.kolm.core {
  requires static transitive org.jspecify;
  requires com.fasterxml.jackson.core;
  requires org.apache.commons.compress;
  requires org.bouncycastle.provider;

  exports ai.kolm.artifact;
  exports ai.kolm.journal;
  exports ai.kolm.json;
  exports ai.kolm.prompt;
  exports ai.kolm.receipt;
  exports ai.kolm.source;
  exports ai.kolm.tensor;
  exports ai.kolm.tokenizer;
  exports ai.kolm.trust;
  exports ai.kolm.weights;
}
