package ai.kolm.receipt;

import ai.kolm.json.Json;
import java.util.Map;

/**
 * The place of a receipt in the audit log.
 *
 * @param chain names the log, 16 hexadecimal digits
 * @param seq its number, from 1
 * @param prev digest of the receipt before it
 */
public record ChainLink(String chain, long seq, String prev) {

  void addTo(Map<String, Json> members) {
    members.put("chain", new Json.Str(chain));
    members.put("seq", new Json.Int(seq));
    members.put("prev", new Json.Str(prev));
  }

  /** The place after a receipt at this one. */
  ChainLink after(String jws) {
    return new ChainLink(chain, seq + 1, ReceiptHash.plain(jws));
  }
}
