package ai.kolm.capture;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The copy of one exchange while it is relayed. The thread that reads the request and the one that
 * writes the answer each fill their own part; then {@link CaptureRecorder#offer} takes it over.
 */
public final class CapturedExchange {
  /** How the relay of an exchange ended. */
  public enum End {
    /** The client has the whole answer. */
    COMPLETE,
    /** The provider broke off, or never began. */
    UPSTREAM_BROKE,
    /** The client left before the end. */
    CLIENT_LEFT
  }

  final String id;
  final CaptureTags tags;
  final String provider;
  final String route;
  final String receipt;
  final long time = System.currentTimeMillis();
  final BodyCopy request;
  final BodyCopy response;
  final Map<String, String> headers = new TreeMap<>();
  private final long started = System.nanoTime();
  int status;
  long firstByteMillis = -1;
  long totalMillis;
  @Nullable String responseType;
  @Nullable String responseCoding;
  @Nullable String requestCoding;
  End end = End.UPSTREAM_BROKE;

  CapturedExchange(
      CaptureTags tags,
      String provider,
      String route,
      String receipt,
      BodyCopy request,
      BodyCopy response) {
    this.id = CaptureId.next(time);
    this.tags = tags;
    this.provider = provider;
    this.route = route;
    this.receipt = receipt;
    this.request = request;
    this.response = response;
  }

  /** The name that the record will have. */
  public String id() {
    return id;
  }

  /** Bytes of the request have been sent on. */
  public void requestBytes(byte[] bytes, int offset, int count) {
    request.add(bytes, offset, count);
  }

  /** How the body of the request is coded, besides being what its content type says. */
  public void requestCoding(@Nullable String coding) {
    requestCoding = coding;
  }

  /** The head of the answer is there. */
  public void head(int newStatus, @Nullable String type, @Nullable String coding) {
    status = newStatus;
    responseType = type;
    responseCoding = coding;
    firstByteMillis = millis();
  }

  /** A header that is worth keeping. */
  public void header(String name, String value) {
    headers.put(name, value);
  }

  /** Bytes of the answer have been sent on. */
  public void responseBytes(java.nio.ByteBuffer bytes) {
    response.add(bytes);
  }

  /** The relay is over. */
  public void end(End newEnd) {
    end = newEnd;
    totalMillis = millis();
  }

  private long millis() {
    return (System.nanoTime() - started) / 1_000_000;
  }

  boolean dropped() {
    return request.dropped() || response.dropped();
  }

  boolean truncated() {
    return request.truncated() || response.truncated();
  }
}
