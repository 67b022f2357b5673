/**
 * Keeps what applications ask providers of language models, without what identifies people: from
 * the copy of an exchange ({@link ai.kolm.capture.CapturedExchange}) to the store ({@link
 * ai.kolm.capture.CaptureStore}).
 */
package ai.kolm.capture;
