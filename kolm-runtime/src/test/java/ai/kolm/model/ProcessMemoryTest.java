package ai.kolm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessMemoryTest {
  private static final long GIB = 1L << 30;

  @TempDir private Path root;

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void machine(int gibibytes) throws IOException {
    write("proc/meminfo", "MemTotal:   %d kB\nMemFree: 5 kB\n".formatted(gibibytes << 20));
  }

  private void assertLimit(long bytes) {
    assertEquals(OptionalLong.of(bytes), ProcessMemory.limit(root));
  }

  @Test
  void aMachineWithoutGroupsHasItsMemory() throws IOException {
    assertEquals(OptionalLong.empty(), ProcessMemory.limit(root));
    machine(16);
    assertLimit(16 * GIB);
    write("proc/self/cgroup", "");
    assertLimit(16 * GIB);
  }

  @Test
  void theLeastLimitOnTheWayUpCounts() throws IOException {
    machine(16);
    write("proc/self/cgroup", "0::/system.slice/kolm.service\n");
    write("sys/fs/cgroup/system.slice/kolm.service/memory.max", "max\n");
    assertLimit(16 * GIB);
    write("sys/fs/cgroup/system.slice/memory.max", 3 * GIB + "\n");
    assertLimit(3 * GIB);
    write("sys/fs/cgroup/system.slice/kolm.service/memory.max", 2 * GIB + "\n");
    assertLimit(2 * GIB);
  }

  @Test
  void aContainerSeesItsGroupAtTheTop() throws IOException {
    machine(16);
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/memory.max", GIB + "\n");
    assertLimit(GIB);
    write("proc/self/cgroup", "0::/../../of-the-host\n");
    assertLimit(GIB);
  }

  @Test
  void versionOneHasAPathPerController() throws IOException {
    machine(16);
    write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/docker/abc\n1:cpuset:/x\n0::/\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assertLimit(16 * GIB);
    write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", 5 * GIB + "\n");
    assertLimit(5 * GIB);
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", 4 * GIB + "\n");
    assertLimit(4 * GIB);
  }

  @Test
  void whatCannotBeReadLimitsNothing() throws IOException {
    machine(16);
    write("proc/self/cgroup", "nonsense\n::\n0::/a:b\n");
    write("sys/fs/cgroup/a:b/memory.max", "-\n");
    write("sys/fs/cgroup/memory.max", "");
    assertLimit(16 * GIB);
    write("proc/meminfo", "MemTotal: much\n");
    assertEquals(OptionalLong.empty(), ProcessMemory.limit(root));
  }

  /** The JVM looks at the same things by other means. */
  @Test
  void theJvmAgrees() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    OptionalLong limit = ProcessMemory.limit();
    assertTrue(limit.isPresent());
    assertEquals(system.getTotalMemorySize(), limit.getAsLong());
  }
}
