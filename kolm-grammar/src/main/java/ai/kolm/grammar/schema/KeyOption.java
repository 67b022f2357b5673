package ai.kolm.grammar.schema;

/**
 * A key that may come next in an object.
 *
 * @param keys the key's language
 * @param goal of its value
 * @param name its number among the named keys; -1 for one of the others
 * @param paid debts that its value pays, as bits
 */
public record KeyOption(int keys, int goal, int name, int paid) {}
