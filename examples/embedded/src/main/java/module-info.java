/** Chat completions inside an application's own JVM. */
module ai.kolm.examples.embedded {
  requires ai.kolm.runtime;
}
