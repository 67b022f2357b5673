package ai.kolm.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** How a journal writes. Tests put a disk in between that is full, tears writes or fails. */
interface JournalDisk {
  /** The real one. */
  JournalDisk REAL = path -> new Channel(openChannel(path));

  /** A file that is written to. */
  interface File extends AutoCloseable {
    /** Writes bytes at {@code offset}; may write fewer than there are. Returns how many. */
    int write(ByteBuffer bytes, long offset) throws IOException;

    /** Waits until the disk has all that was written. */
    void force() throws IOException;

    /** Cuts the file. */
    void truncate(long size) throws IOException;

    /** Its length in bytes. */
    long size() throws IOException;

    @Override
    void close() throws IOException;
  }

  /** Opens a segment for writing; creates it if there is none. */
  File open(Path path) throws IOException;

  private static FileChannel openChannel(Path path) throws IOException {
    return FileChannel.open(
        path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  /** A file of the operating system. */
  record Channel(FileChannel channel) implements File {
    @Override
    public int write(ByteBuffer bytes, long offset) throws IOException {
      return channel.write(bytes, offset);
    }

    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
