/**
 * Finds what identifies people in text, and puts made-up values of the same form in its place:
 * {@link ai.kolm.anonymize.Anonymizer}. A filter with a measured recall, not a guarantee.
 */
package ai.kolm.anonymize;
