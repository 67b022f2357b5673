package ai.kolm.distill;

import ai.kolm.artifact.Sha256;
import ai.kolm.json.Json;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Finds which examples continue which: B continues A if A's messages and A's answer begin B's
 * messages. Only the last turn of a conversation is kept, with the earlier answers as turns to
 * learn.
 */
final class Threads {
  private final List<Example> kept = new ArrayList<>();
  private final List<String> continued = new ArrayList<>();
  private final Map<String, Integer> conversations = new HashMap<>();

  /**
   * @param examples in the order of their time
   */
  Threads(List<Example> examples) {
    Map<String, Integer> byWhole = new HashMap<>();
    int[] parent = new int[examples.size()];
    boolean[] hasNext = new boolean[examples.size()];
    for (int i = 0; i < parent.length; i++) {
      byWhole.putIfAbsent(whole(examples.get(i)), i);
    }
    for (int i = 0; i < parent.length; i++) {
      parent[i] = parent(examples.get(i), i, byWhole);
      if (parent[i] >= 0) {
        hasNext[parent[i]] = true;
      }
    }
    for (int i = 0; i < parent.length; i++) {
      Example example = examples.get(i);
      if (hasNext[i]) {
        continued.add(example.id());
        continue;
      }
      List<Integer> learned = new ArrayList<>();
      int root = i;
      while (parent[root] >= 0) {
        root = parent[root];
        learned.addFirst(examples.get(root).messages().size());
      }
      conversations.put(example.id(), root);
      kept.add(example.withLearned(learned));
    }
  }

  private static String whole(Example example) {
    MessageDigest digest = Sha256.start();
    example.messages().forEach(message -> add(digest, message));
    add(digest, example.answer());
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, Json message) {
    digest.update(Example.canonical(message));
    digest.update((byte) '\n');
  }

  /** The longest example that this one continues; -1 if there is none. */
  private static int parent(Example example, int self, Map<String, Integer> byWhole) {
    MessageDigest digest = Sha256.start();
    int found = -1;
    try {
      for (Json message : example.messages()) {
        add(digest, message);
        MessageDigest prefix = (MessageDigest) digest.clone();
        Integer other = byWhole.get(HexFormat.of().formatHex(prefix.digest()));
        found = other != null && other != self ? other : found;
      }
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("SHA-256 can be cloned", e);
    }
    return found;
  }

  /** The last turns of all conversations. */
  List<Example> kept() {
    return kept;
  }

  /** Records whose conversation goes on in another one. */
  List<String> continued() {
    return continued;
  }

  /** What is the same for all branches of one conversation. */
  int conversation(Example example) {
    return conversations.getOrDefault(example.id(), -1);
  }
}
