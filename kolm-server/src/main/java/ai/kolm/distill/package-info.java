/**
 * Makes training data of captures: examples, clusters of what belongs together, and parts that
 * share nothing ({@link ai.kolm.distill.DatasetBuilder}).
 */
package ai.kolm.distill;
