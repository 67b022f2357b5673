/**
 * Append-only files of checksummed lines that lose nothing that was acknowledged: {@link
 * ai.kolm.journal.Journal}.
 */
package ai.kolm.journal;
