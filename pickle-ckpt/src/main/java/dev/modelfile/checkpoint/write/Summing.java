package dev.modelfile.checkpoint.write;

import dev.modelfile.TensorSink;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.zip.CRC32;

/// Takes the checksum of what passes. A range of a file is summed while the target copies it.
final class Summing implements TensorSink {
    private static final long PIECE = 1 << 24;
    /// Below this a hand-over to another thread costs more than the sum.
    private static final long WORTH_A_THREAD = 4L << 20;

    private final TensorSink target;
    private final CRC32 crc = new CRC32();

    /// @param target where it passes to
    Summing(TensorSink target) {
        this.target = target;
    }

    /// The checksum so far.
    int crc() {
        return (int) crc.getValue();
    }

    @Override
    public void write(MemorySegment bytes) throws IOException {
        sum(bytes);
        target.write(bytes);
    }

    @Override
    public void transfer(MappedFile file, long offset, long length) throws IOException {
        if (length < WORTH_A_THREAD) {
            file.writeTo(this::sum, offset, length);
            target.transfer(file, offset, length);
            return;
        }
        CompletableFuture<Void> summed = CompletableFuture.runAsync(() -> sum(file, offset, length));
        try {
            target.transfer(file, offset, length);
        } finally {
            join(summed);
        }
    }

    private void sum(MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += PIECE) {
            long length = Math.min(PIECE, bytes.byteSize() - at);
            crc.update(bytes.asSlice(at, length).asByteBuffer());
        }
    }

    private void sum(MappedFile file, long offset, long length) {
        try {
            file.writeTo(this::sum, offset, length);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static void join(CompletableFuture<Void> summed) throws IOException {
        try {
            summed.join();
        } catch (CompletionException failed) {
            switch (failed.getCause()) {
                case UncheckedIOException problem -> throw problem.getCause();
                case Error problem -> throw problem;
                case null, default -> throw failed;
            }
        }
    }
}
