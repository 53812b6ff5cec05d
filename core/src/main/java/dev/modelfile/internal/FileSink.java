package dev.modelfile.internal;

import dev.modelfile.TensorSink;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Segments;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Writes sections of a file. Small pieces are gathered, large ones go straight to the channel, and ranges of other
/// files are copied by the kernel; those that follow each other in both files, together.
final class FileSink implements TensorSink, Closeable {
    private static final int BUFFER = 1 << 20;
    /// Below this, the calls cost more than copying.
    private static final long WORTH_A_TRANSFER = 128L << 10;
    /// Ranges do not wait longer for the one that follows.
    private static final long LONG_RUN = 4L << 20;
    /// Transfers are cut so that progress can be told and an interrupt is seen.
    private static final long TRANSFER_PIECE = 64L << 20;

    private final FileChannel channel;
    private final Path target;
    private final Meter meter;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER);
    private long buffered;
    private long expected;
    private long written;
    private String section = "";

    /// The range that is to be copied next: of this file, with this section at its start. Null if there is none.
    private @Nullable MappedFile waiting;

    private String waitingSection = "";
    private long from;
    private long run;

    private @Nullable SourceFile opened;

    /// @param target the file as the user knows it, for messages
    FileSink(FileChannel channel, Path target, Meter meter) {
        this.channel = channel;
        this.target = target;
        this.meter = meter;
    }

    /// Starts a section; what lies between the last one and this stays zero.
    void begin(long offset, long length, String description) throws IOException {
        if (offset != channel.position() + run + buffered) {
            flush();
            channel.position(offset);
        }
        expected = length;
        written = 0;
        section = description;
    }

    /// Something that writes to the channel.
    @FunctionalInterface
    private interface Output {
        void run() throws IOException;
    }

    /// The system says what is wrong, but not with which file.
    private void output(String section, Output writing) throws IOException {
        try {
            writing.run();
        } catch (IOException failed) {
            if (failed.getClass() != IOException.class) {
                throw failed;
            }
            throw (IOException) new FileSystemException(
                            target.toString(), null, failed.getMessage() + ", while " + section + " was written")
                    .initCause(failed);
        }
    }

    @Override
    public void write(MemorySegment bytes) throws IOException {
        long length = bytes.byteSize();
        count(length);
        settle();
        append(bytes, section);
    }

    private void append(MemorySegment bytes, String section) throws IOException {
        long length = bytes.byteSize();
        if (length > BUFFER - buffered) {
            write();
        }
        if (length > BUFFER / 4) {
            write();
            for (long at = 0; at < length; at += TRANSFER_PIECE) {
                long piece = Math.min(TRANSFER_PIECE, length - at);
                MemorySegment part = bytes.asSlice(at, piece);
                output(section, () -> Segments.write(part, channel));
                meter.add(piece);
            }
        } else {
            MemorySegment.copy(bytes, 0, buffer, buffered, length);
            buffered += length;
            meter.add(length);
        }
    }

    @Override
    public void transfer(MappedFile file, long offset, long length) throws IOException {
        count(length);
        if (waiting != file || offset != from + run) {
            settle();
            waiting = file;
            waitingSection = section;
            from = offset;
        }
        run += length;
        // What waits is still there when the source has closed its model.
        if (run >= LONG_RUN || !source(file).isOpen()) {
            settle();
        }
    }

    /// Copies the range that waits.
    private void settle() throws IOException {
        MappedFile file = waiting;
        long start = from;
        long length = run;
        waiting = null;
        run = 0;
        if (file == null) {
            return;
        }
        if (length < WORTH_A_TRANSFER && file.bytes().scope().isAlive()) {
            Mappings.whileMapped(waitingSection, () -> append(file.bytes().asSlice(start, length), waitingSection));
            return;
        }
        write();
        for (long at = 0; at < length; at += TRANSFER_PIECE) {
            long piece = Math.min(TRANSFER_PIECE, length - at);
            long place = start + at;
            Mappings.whileMapped(
                    waitingSection,
                    () -> output(waitingSection, () -> source(file).transfer(place, piece, channel)));
            meter.add(piece);
        }
    }

    private void count(long length) throws IOException {
        written += length;
        if (written > expected) {
            throw new IOException(section + ": the source wrote more than the " + expected + " bytes it announced");
        }
    }

    void end() throws IOException {
        if (written != expected) {
            throw new IOException(
                    section + ": the source wrote " + written + " bytes, " + expected + " were announced");
        }
    }

    /// Gives the file its size, which may be beyond the last section.
    ///
    /// @param sync whether to force it to the disk
    void finish(long size, boolean sync) throws IOException {
        flush();
        output("the end", () -> {
            if (channel.size() < size) {
                channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
            }
            if (sync) {
                channel.force(true);
            }
        });
    }

    private void flush() throws IOException {
        settle();
        write();
    }

    private void write() throws IOException {
        output(section, () -> Segments.write(buffer.asSlice(0, buffered), channel));
        buffered = 0;
    }

    /// The file that was copied from last stays open.
    private SourceFile source(MappedFile file) throws IOException {
        if (opened == null || !opened.is(file)) {
            close();
            opened = new SourceFile(file);
        }
        return opened;
    }

    @Override
    public void close() throws IOException {
        if (opened != null) {
            opened.close();
        }
    }
}
