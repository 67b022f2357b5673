package ai.kolm.server;

/** Answers the requests of one route. Called by many threads at the same time. */
@FunctionalInterface
interface ExchangeHandler {

  /**
   * Answers {@code exchange}, completely.
   *
   * @param rest what the path has after that of the route, decoded; empty for most routes
   * @throws Exception for {@link ErrorMapper} to answer
   */
  void handle(Exchange exchange, String rest) throws Exception;
}
