package ai.kolm.grammar.schema;

/**
 * An item that may come next in an array.
 *
 * @param goal of the item
 * @param next the state of the array behind it
 */
public record ItemOption(int goal, int next) {}
