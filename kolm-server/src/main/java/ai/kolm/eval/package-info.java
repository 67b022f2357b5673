/**
 * Decides with numbers whether a local model may stand in for a provider's: cases, scorers, the
 * K-score, bounds and the gate ({@link ai.kolm.eval.Gate}).
 */
package ai.kolm.eval;
