/** Calls providers of language models over HTTPS; the only package that opens connections. */
package ai.kolm.upstream;
