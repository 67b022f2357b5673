package ai.kolm.upstream;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;

/**
 * Somebody who serves models.
 *
 * @param name in commands, paths and records: small letters, digits, dots and dashes
 * @param base what comes before the path of a request, without a slash at the end
 */
public record Provider(String name, URI base) {
  private static final Map<String, String> KNOWN =
      Map.of(
          "openai", "https://api.openai.com/v1",
          "openrouter", "https://openrouter.ai/api/v1",
          "anthropic", "https://api.anthropic.com");

  /**
   * @throws IllegalArgumentException if the base is not HTTPS, or plain HTTP to this machine
   */
  public Provider {
    if (!name.matches("[a-z0-9][a-z0-9._-]{0,63}")) {
      throw new IllegalArgumentException(
          "a provider is named by small letters, digits, dots and dashes, got \"%s\""
              .formatted(name));
    }
    String scheme = base.getScheme() == null ? "" : base.getScheme().toLowerCase(Locale.ROOT);
    String host = base.getHost();
    boolean plain = scheme.equals("http") && host != null && isLoopback(host);
    boolean odd = base.getRawUserInfo() != null || base.getRawQuery() != null;
    if (host == null || odd || (!scheme.equals("https") && !plain)) {
      throw new IllegalArgumentException(
          "provider %s: expected https://host/base, or http:// to this machine, got \"%s\""
              .formatted(name, base));
    }
  }

  private static boolean isLoopback(String host) {
    if (host.equalsIgnoreCase("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host.replaceAll("[\\[\\]]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * The provider that a user names: {@code openai}, {@code anthropic}, {@code openrouter}, or
   * {@code NAME=URL}.
   */
  public static Provider parse(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    String known = KNOWN.get(name);
    if (equals < 0 && known == null) {
      throw new IllegalArgumentException(
          "unknown provider \"%s\": expected openai, anthropic, openrouter or NAME=URL"
              .formatted(text));
    }
    String url = equals < 0 ? String.valueOf(known) : text.substring(equals + 1);
    try {
      return new Provider(name, new URI(url.replaceAll("/+$", "")));
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("provider %s: \"%s\" is no URL".formatted(name, url), e);
    }
  }

  /** Where a path of this provider is; {@code rest} begins with a slash and may have a query. */
  public URI at(String rest) throws URISyntaxException {
    return new URI(base + rest);
  }
}
