package ai.kolm.grammar;

/** The language of all token sequences. */
enum Anything implements Grammar, TokenMatcher {
  INSTANCE;

  @Override
  public TokenMatcher matcher() {
    return this;
  }

  @Override
  public void fill(TokenMask mask) {
    mask.allowAll();
  }

  @Override
  public void accept(int token) {}

  @Override
  public boolean isComplete() {
    return true;
  }

  @Override
  public boolean isFree() {
    return true;
  }

  @Override
  public void rollback(int tokens) {}

  @Override
  public TokenMatcher fork() {
    return this;
  }
}
