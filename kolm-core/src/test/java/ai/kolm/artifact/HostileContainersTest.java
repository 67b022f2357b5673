package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.weights.ThreadCost;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers that somebody made to be misread, by name, each with the code of its refusal. */
class HostileContainersTest {
  private static final byte[] X = {'x'};

  @TempDir Path folder;

  private record Case(Code code, byte[] file) {}

  @Test
  void everyCaseIsRefusedWithItsCode() throws Exception {
    Map<String, Case> cases = new LinkedHashMap<>();
    addSizes(cases);
    addNames(cases);
    addEnds(cases);
    addRecords(cases);
    addLocalHeaders(cases);
    for (Map.Entry<String, Case> entry : cases.entrySet()) {
      Path file = folder.resolve("hostile.kolm");
      Files.write(file, entry.getValue().file);
      ArtifactException e =
          assertThrows(
              ArtifactException.class,
              () -> Artifact.open(file, ArtifactLimits.DEFAULT).close(),
              entry.getKey());
      assertEquals(entry.getValue().code, e.code(), entry.getKey() + ": " + e.getMessage());
      assertTrue(
          String.valueOf(e.getMessage()).startsWith("hostile.kolm: " + e.code().id() + ": "));
    }
    System.out.printf("hostile containers: %d refused with their code%n", cases.size());
    assertTrue(cases.size() >= 60);
  }

  private static void addSizes(Map<String, Case> cases) {
    put(cases, "empty file", Code.CONTAINER_LAYOUT, new byte[0]);
    put(cases, "21 bytes", Code.CONTAINER_LAYOUT, new byte[21]);
    put(cases, "22 zero bytes", Code.CONTAINER_LAYOUT, new byte[22]);
    put(cases, "empty archive", Code.CONTAINER_LIMIT, new ContainerBytes().toArray());
    put(cases, "1,025 entries", Code.CONTAINER_LIMIT, many(1_025).toArray());
    put(cases, "10,000 entries", Code.CONTAINER_LIMIT, many(10_000).toArray());
    ContainerBytes wide = many(1_000);
    wide.directoryName = name -> name + "a".repeat(1_100);
    put(cases, "directory of more than 1 MiB", Code.CONTAINER_LIMIT, wide.toArray());
    ContainerBytes manifest = new ContainerBytes().add("manifest.json", new byte[(1 << 20) + 1]);
    put(cases, "manifest of more than 1 MiB", Code.CONTAINER_LIMIT, manifest.toArray());
    ContainerBytes attest = new ContainerBytes().add("manifest.json", ArtifactVectors.manifest());
    attest.add("attest/eval.dsse.json", new byte[(256 << 10) + 1]);
    put(cases, "attestation of more than 256 KiB", Code.CONTAINER_LIMIT, attest.toArray());
    for (int cut : new int[] {1, 21, 22, 23, 300, 4_096, 20_000}) {
      byte[] tiny = ArtifactVectors.tiny();
      byte[] shorter = Arrays.copyOf(tiny, tiny.length - cut);
      put(cases, "cut by " + cut, Code.CONTAINER_LAYOUT, shorter);
    }
  }

  private static void addNames(Map<String, Case> cases) {
    for (String name :
        new String[] {
          "/abs", "a//b", "a/", "a\\b", "c:x", "a\0b", "\u00ff", "a/../b", "..", ".", "./a",
          ".hidden", "-a", "a/-b", "a..b", "A", "a b", "a\n", "é", "~", "con:", ""
        }) {
      put(
          cases,
          "name \"" + name + "\"",
          Code.CONTAINER_NAME,
          new ContainerBytes().add("manifest.json", X).add(name, X).toArray());
    }
    put(
        cases,
        "name of 129 bytes",
        Code.CONTAINER_LIMIT,
        new ContainerBytes().add("manifest.json", X).add("a".repeat(129), X).toArray());
    put(cases, "no manifest", Code.CONTAINER_ORDER, new ContainerBytes().add("a", X).toArray());
    put(cases, "manifest last", Code.CONTAINER_ORDER, twice("a", "manifest.json"));
    put(cases, "not sorted", Code.CONTAINER_ORDER, three("b", "a"));
    put(cases, "chunks behind content", Code.CONTAINER_ORDER, three("a", "chunks.bin"));
    put(cases, "attestation behind content", Code.CONTAINER_ORDER, three("a", "attest/x"));
    put(cases, "attestation behind chunks", Code.CONTAINER_ORDER, three("chunks.bin", "attest/x"));
    put(
        cases,
        "two manifests, the good one first",
        Code.CONTAINER_DUPLICATE,
        ArtifactVectors.container(ArtifactVectors.manifest(), ArtifactVectors.content())
            .add("manifest.json", X)
            .toArray());
    put(
        cases,
        "two manifests, the good one last",
        Code.CONTAINER_DUPLICATE,
        new ContainerBytes()
            .add("manifest.json", X)
            .add("manifest.json", ArtifactVectors.manifest())
            .toArray());
  }

  private static void addEnds(Map<String, Case> cases) {
    patchEnd(cases, "number of this disk", end -> end.putShort(4, (short) 1));
    patchEnd(cases, "disk of the directory", end -> end.putShort(6, (short) 1));
    patchEnd(cases, "one entry fewer on this disk", end -> end.putShort(8, (short) 4));
    patchEnd(cases, "one entry fewer", end -> end.putInt(8, 4 | 4 << 16));
    patchEnd(cases, "one entry more", end -> end.putInt(8, 6 | 6 << 16));
    patchEnd(cases, "directory one byte shorter", end -> end.putInt(12, end.getInt(12) - 1));
    patchEnd(cases, "directory one byte earlier", end -> end.putInt(16, end.getInt(16) - 1));
    patchEnd(cases, "length of a comment", end -> end.putShort(20, (short) 1));
    patchEnd(cases, "entries that ask for Zip64", end -> end.putInt(8, -1));
    patchEnd(cases, "offset that asks for Zip64", end -> end.putInt(16, -1));
    patchEnd(cases, "size that asks for Zip64", end -> end.putInt(12, -1));
  }

  private static void addRecords(Map<String, Case> cases) {
    Code header = Code.CONTAINER_HEADER;
    patchRecord(cases, "signature", Code.CONTAINER_LAYOUT, r -> r.put(0, (byte) 'Q'));
    patchRecord(cases, "made by", header, r -> r.putShort(4, (short) 45));
    patchRecord(cases, "made on UNIX", header, r -> r.putShort(4, (short) (3 << 8 | 20)));
    patchRecord(cases, "version needed", header, r -> r.putShort(6, (short) 20));
    patchRecord(cases, "UTF-8 flag", Code.CONTAINER_FLAGS, r -> r.putShort(8, (short) 0x800));
    patchRecord(cases, "method 99", Code.CONTAINER_METHOD, r -> r.putShort(10, (short) 99));
    patchRecord(cases, "time", header, r -> r.putShort(12, (short) 1));
    patchRecord(cases, "date", header, r -> r.putShort(14, (short) 0x22));
    patchRecord(cases, "CRC-32", Code.CONTAINER_HEADER_MISMATCH, r -> r.putInt(16, ~r.getInt(16)));
    patchRecord(cases, "compressed size", header, r -> r.putInt(20, r.getInt(20) - 1));
    patchRecord(cases, "size", Code.CONTAINER_LAYOUT, r -> r.putInt(24, r.getInt(24) + 1));
    patchRecord(cases, "size of Zip64 without it", header, r -> r.putInt(24, -1));
    patchRecord(
        cases, "length of the name", Code.CONTAINER_LAYOUT, r -> r.putShort(28, (short) -1));
    patchRecord(
        cases, "length of the extras", Code.CONTAINER_LAYOUT, r -> r.putShort(30, (short) 9));
    patchRecord(cases, "disk", header, r -> r.putShort(34, (short) 1));
    patchRecord(cases, "internal attributes", header, r -> r.putShort(36, (short) 1));
    patchRecord(cases, "symbolic link", header, r -> r.putInt(38, 0120777 << 16));
    patchRecord(cases, "overlap", Code.CONTAINER_LAYOUT, r -> r.putInt(42, 1));
    patchRecord(cases, "offset beyond the file", Code.CONTAINER_LAYOUT, r -> r.putInt(42, 1 << 30));
    patchRecord(cases, "other alignment", header, r -> r.putShort(63, (short) 64));
  }

  private static void addLocalHeaders(Map<String, Case> cases) {
    Code mismatch = Code.CONTAINER_HEADER_MISMATCH;
    patchLocal(cases, "signature", Code.CONTAINER_LAYOUT, h -> h.put(0, (byte) 'Q'));
    patchLocal(cases, "version needed", Code.CONTAINER_HEADER, h -> h.putShort(4, (short) 20));
    patchLocal(cases, "flags", mismatch, h -> h.putShort(6, (short) 1));
    patchLocal(cases, "method", mismatch, h -> h.putShort(8, (short) 8));
    patchLocal(cases, "time", mismatch, h -> h.putShort(10, (short) 1));
    patchLocal(cases, "date", mismatch, h -> h.putShort(12, (short) 1));
    patchLocal(cases, "CRC-32", mismatch, h -> h.putInt(14, ~h.getInt(14)));
    patchLocal(cases, "compressed size", mismatch, h -> h.putInt(18, 1));
    patchLocal(cases, "size", mismatch, h -> h.putInt(22, 1));
    patchLocal(cases, "name", mismatch, h -> h.put(30, (byte) 'n'));
    patchLocal(cases, "length of the name", Code.CONTAINER_LAYOUT, h -> h.putShort(26, (short) 14));
    patchLocal(
        cases,
        "more padding than is there",
        Code.CONTAINER_LAYOUT,
        h -> h.putShort(28, (short) -1));
    patchLocal(cases, "extra field", Code.CONTAINER_HEADER, h -> h.putShort(43, (short) 0x5455));
    patchLocal(
        cases, "length of the extra", Code.CONTAINER_ALIGNMENT, h -> h.putShort(45, (short) 2));
    patchLocal(cases, "other alignment", Code.CONTAINER_HEADER, h -> h.putShort(47, (short) 512));
    patchLocal(cases, "hidden data", Code.CONTAINER_PADDING, h -> h.put(1_000, (byte) 7));
    ContainerBytes twoPages = ArtifactVectors.container(ArtifactVectors.manifest(), Map.of());
    twoPages.align = 8_192;
    put(cases, "padding of more than a page", Code.CONTAINER_ALIGNMENT, twoPages.toArray());
  }

  private static void put(Map<String, Case> cases, String name, Code code, byte[] file) {
    assertEquals(null, cases.put(name, new Case(code, file)));
  }

  private static byte[] twice(String first, String second) {
    return new ContainerBytes().add(first, X).add(second, X).toArray();
  }

  private static byte[] three(String second, String third) {
    return new ContainerBytes().add("manifest.json", X).add(second, X).add(third, X).toArray();
  }

  private static ContainerBytes many(int count) {
    ContainerBytes container = new ContainerBytes().add("manifest.json", X);
    for (int i = 1; i < count; i++) {
      container.add("e%06d".formatted(i), X);
    }
    return container;
  }

  private static void patchEnd(Map<String, Case> cases, String name, Consumer<ByteBuffer> patch) {
    byte[] tiny = ArtifactVectors.tiny();
    patch.accept(slice(tiny, tiny.length - 22));
    put(cases, "end record: " + name, Code.CONTAINER_LAYOUT, tiny);
  }

  /** Patches the record of the manifest, the first. */
  private static void patchRecord(
      Map<String, Case> cases, String name, Code code, Consumer<ByteBuffer> patch) {
    byte[] tiny = ArtifactVectors.tiny();
    patch.accept(slice(tiny, ArtifactVectors.indexOf(tiny, "PK\1\2")));
    put(cases, "record: " + name, code, tiny);
  }

  /** Patches the local header of the manifest, the first. */
  private static void patchLocal(
      Map<String, Case> cases, String name, Code code, Consumer<ByteBuffer> patch) {
    byte[] tiny = ArtifactVectors.tiny();
    patch.accept(slice(tiny, 0));
    put(cases, "local header: " + name, code, tiny);
  }

  private static ByteBuffer slice(byte[] bytes, int at) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return buffer.slice(at, bytes.length - at).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void theMostEntriesCostLittle() throws Exception {
    Path file = folder.resolve("many.kolm");
    Files.write(file, many(1_024).toArray());
    Container.open(file, ArtifactLimits.DEFAULT).close();
    long before = ThreadCost.bytes();
    try (Container container = Container.open(file, ArtifactLimits.DEFAULT)) {
      assertEquals(1_024, container.entries().size());
      assertEquals(128, ContainerFormat.MAX_NAME);
    }
    assertTrue(ThreadCost.bytes() - before < 2 << 20, "" + (ThreadCost.bytes() - before));
  }

  @Test
  void aReaderMayHaveLowerLimits() throws Exception {
    Path file = folder.resolve("tiny.kolm");
    Files.write(file, ArtifactVectors.tiny());
    long size = Files.size(file);
    refusedBy(file, new ArtifactLimits(size - 1, 1_024, 1 << 20, 1 << 20), Code.CONTAINER_LAYOUT);
    refusedBy(file, new ArtifactLimits(size, 4, 1 << 20, 1 << 20), Code.CONTAINER_LIMIT);
    refusedBy(file, new ArtifactLimits(size, 5, 345, 1 << 20), Code.CONTAINER_LIMIT);
    refusedBy(file, new ArtifactLimits(size, 5, 346, 837), Code.CONTAINER_LIMIT);
    Artifact.open(file, new ArtifactLimits(size, 5, 346, 838)).close();
    assertThrows(IllegalArgumentException.class, () -> new ArtifactLimits(1, 1_025, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new ArtifactLimits(0, 1, 1, 1));
  }

  private static void refusedBy(Path file, ArtifactLimits limits, Code code) {
    ArtifactException e =
        assertThrows(ArtifactException.class, () -> Artifact.open(file, limits).close());
    assertEquals(code, e.code(), e.getMessage());
  }

  @Test
  void whatIsNoFileIsAnIoError() {
    assertThrows(
        NoSuchFileException.class,
        () -> Artifact.open(folder.resolve("none.kolm"), ArtifactLimits.DEFAULT));
    IOException e =
        assertThrows(IOException.class, () -> Artifact.open(folder, ArtifactLimits.DEFAULT));
    assertTrue(String.valueOf(e.getMessage()).endsWith("is not a regular file"));
  }

  @Test
  void aFileThatChangesAfterItWasOpenedIsNoticed() throws Exception {
    Path file = folder.resolve("tiny.kolm");
    Files.write(file, ArtifactVectors.tiny());
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      artifact.checkUnchanged();
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
      changed(artifact::checkUnchanged);
    }
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      Files.write(file, X, StandardOpenOption.APPEND);
      changed(artifact::checkUnchanged);
    }
    Files.write(file, ArtifactVectors.tiny());
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(9_000);
      }
      changed(() -> artifact.verify(1, Progress.NONE));
      changed(artifact::checkUnchanged);
    }
  }

  /** Another file under the name is not what was opened, and nothing of it is read. */
  @Test
  void aFileThatIsReplacedIsNotRead() throws Exception {
    Path file = folder.resolve("tiny.kolm");
    Files.write(file, ArtifactVectors.tiny());
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      Path other = folder.resolve("other.kolm");
      Files.write(other, ArtifactVectors.flip(ArtifactVectors.tiny(), 4_100));
      Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
      Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
      artifact.verify(1, Progress.NONE);
      assertEquals(
          new String(ArtifactVectors.content(ArtifactVectors.TEMPLATE), UTF_8),
          new String(
              artifact.entry(ArtifactVectors.TEMPLATE).toArray(ValueLayout.JAVA_BYTE), UTF_8));
      changed(artifact::checkUnchanged);
    }
  }

  private interface Action {
    void run() throws IOException, ArtifactException;
  }

  private static void changed(Action action) {
    ArtifactException e = assertThrows(ArtifactException.class, action::run);
    assertEquals(Code.FILE_CHANGED, e.code(), e.getMessage());
  }
}
