package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/** The data of server-sent events (WHATWG HTML, 9.2.6); comments, names and ids are left out. */
final class SseEvents {
  private static final int MAX_EVENTS = 200_000;

  private SseEvents() {}

  /**
   * The data of all events that are complete.
   *
   * @throws FoldException if there are more than can be
   */
  static List<String> data(byte[] stream) throws FoldException {
    List<String> events = new ArrayList<>();
    StringBuilder data = new StringBuilder();
    boolean any = false;
    String text = new String(stream, UTF_8);
    for (String line : text.split("\r\n|\n|\r", -1)) {
      if (line.isEmpty()) {
        if (any) {
          events.add(data.toString());
        }
        data.setLength(0);
        any = false;
      } else if (line.startsWith("data:")) {
        if (any) {
          data.append('\n');
        }
        data.append(line, line.startsWith("data: ") ? 6 : 5, line.length());
        any = true;
      }
      if (events.size() > MAX_EVENTS) {
        throw new FoldException("more than " + MAX_EVENTS + " events");
      }
    }
    return events;
  }
}
