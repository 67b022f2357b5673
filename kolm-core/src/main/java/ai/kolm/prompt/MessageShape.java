package ai.kolm.prompt;

import java.util.Locale;

/**
 * Where templates differ in what they expect of a message.
 *
 * @param objectArguments whether the arguments of a call come parsed; else as JSON text
 * @param nullContent whether a message that only calls tools has {@code none} as its content; else
 *     an empty string
 * @param developer whether there is a role of that name; else it is called system
 */
record MessageShape(boolean objectArguments, boolean nullContent, boolean developer) {
  /** What transformers passes on when its users follow its documentation. */
  static final MessageShape TRANSFORMERS = new MessageShape(true, true, true);

  String roleName(Role role) {
    Role known = role == Role.DEVELOPER && !developer ? Role.SYSTEM : role;
    return known.name().toLowerCase(Locale.ROOT);
  }
}
