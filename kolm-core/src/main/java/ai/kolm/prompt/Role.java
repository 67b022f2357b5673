package ai.kolm.prompt;

/** Who speaks in a message. */
public enum Role {
  SYSTEM,
  DEVELOPER,
  USER,
  ASSISTANT,
  TOOL,
  FUNCTION
}
