package ai.kolm.server;

import ai.kolm.receipt.ReceiptIssuer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;

/** Listens, and makes {@link ClientConnection}s of strict HTTP/1.1. */
final class ClientConnector extends ServerConnector {
  private static final int ACCEPTORS = 1;
  private static final int SELECTORS = 1;

  private final ServerLimits limits;
  private final boolean tls;
  private final Supplier<ReceiptIssuer> receipts;

  ClientConnector(Server server, ServerConfig config, Supplier<ReceiptIssuer> receipts) {
    super(server, ACCEPTORS, SELECTORS, factories(config));
    this.limits = config.limits();
    this.receipts = receipts;
    this.tls = config.access().tls().isPresent();
    setHost(config.host());
    setPort(config.port());
    setIdleTimeout(limits.idleTime().toMillis());
  }

  private static ConnectionFactory[] factories(ServerConfig config) {
    HttpConnectionFactory http = new HttpConnectionFactory(strict(config.limits()));
    return config
        .access()
        .tls()
        .map(
            identity ->
                new ConnectionFactory[] {
                  new SslConnectionFactory(identity.context(), http.getProtocol()), http
                })
        .orElseGet(() -> new ConnectionFactory[] {http});
  }

  private static HttpConfiguration strict(ServerLimits limits) {
    HttpConfiguration http = new HttpConfiguration();
    http.setHttpCompliance(HttpCompliance.STRICT);
    // Odd paths do no harm: routes compare the path as it came. They are not found, not malformed.
    http.setUriCompliance(
        UriCompliance.DEFAULT.with(
            "kolm",
            UriCompliance.Violation.AMBIGUOUS_EMPTY_SEGMENT,
            UriCompliance.Violation.AMBIGUOUS_PATH_SEGMENT,
            UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR));
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(limits.headBytes());
    return http;
  }

  @Override
  protected SocketChannelEndPoint newEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key) {
    ClientConnection connection =
        new ClientConnection(
            channel, selector, key, getScheduler(), getExecutor(), limits, tls, receipts);
    connection.setIdleTimeout(getIdleTimeout());
    return connection;
  }
}
