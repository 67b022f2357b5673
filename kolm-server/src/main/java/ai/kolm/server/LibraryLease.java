package ai.kolm.server;

/** The use of a model of a {@link ModelLibrary} by one request. */
final class LibraryLease implements ModelLease {
  private final LibraryBook book;
  private final ServedModel model;
  private final Runnable giveBack;
  private boolean open = true;

  /**
   * @param giveBack runs when it is closed
   */
  LibraryLease(LibraryBook book, ServedModel model, Runnable giveBack) {
    this.book = book;
    this.model = model;
    this.giveBack = giveBack;
  }

  @Override
  public ServedModel model() {
    return model;
  }

  @Override
  public void check() throws RefusedException {
    if (book.isOverwritten()) {
      throw RefusedException.damaged(book.id());
    }
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      giveBack.run();
    }
  }
}
