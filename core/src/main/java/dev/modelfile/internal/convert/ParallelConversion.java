package dev.modelfile.internal.convert;

import dev.modelfile.DType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSink;
import dev.modelfile.internal.SourceFile;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// Converts the chunks of one tensor side by side on all processors, and writes them in their order while the next
/// ones are converted. Chunks do not depend on each other, so the bytes are the same with any number of threads; the
/// memory is a few chunks for each thread.
final class ParallelConversion {
    /// Chunks in flight for each thread: one in work, one waiting to be written.
    private static final int AHEAD = 2;

    private final Tensor source;
    private final DType target;
    private final int row;
    private final int chunk;
    private final Deque<Work> running = new ArrayDeque<>();
    private @Nullable SourceFile file;
    private long next;

    ParallelConversion(Tensor source, DType target, int row, int chunk) {
        this.source = source;
        this.target = target;
        this.row = row;
        this.chunk = chunk;
    }

    /// Whether a tensor is large enough for it.
    static boolean suits(Tensor source, DType target, int chunk) {
        return threads(source, target, chunk) > 1 && source.shape().elements() >= 4L * chunk;
    }

    /// As many as there are processors, or as the system property `modelfile.threads` says; fewer where their chunks
    /// would take more than a quarter of the heap.
    private static int threads(Tensor source, DType target, int chunk) {
        int wanted =
                Integer.getInteger("modelfile.threads", Runtime.getRuntime().availableProcessors());
        long numbers = (long) Double.BYTES * chunk;
        long each = AHEAD * (bytes(source.dtype(), chunk) + bytes(target, chunk) + numbers);
        long fit = Runtime.getRuntime().maxMemory() / 4 / each;
        return (int) Math.max(1, Math.min(wanted, fit));
    }

    void writeTo(TensorSink sink) throws IOException {
        int threads = threads(source, target, chunk);
        // Closing the pool waits for its threads: nobody touches the source after this returns or fails.
        MappedFile part = source.part();
        try (SourceFile opened = part == null ? null : new SourceFile(part);
                Arena arena = Arena.ofShared();
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            file = opened;
            for (int i = 0; i < AHEAD * threads && next < source.shape().elements(); i++) {
                start(new Work(arena), pool);
            }
            while (!running.isEmpty()) {
                Work first = running.removeFirst();
                sink.write(first.await());
                if (next < source.shape().elements()) {
                    start(first, pool);
                }
            }
        }
    }

    private void start(Work work, ExecutorService pool) {
        int count = (int) Math.min(chunk, source.shape().elements() - next);
        long first = next;
        work.result = pool.submit(() -> work.run(first, count));
        next += count;
        running.addLast(work);
    }

    private static long bytes(DType type, long elements) {
        return type.byteSize(Shape.of(elements));
    }

    /// A converter and its memory, used for chunk after chunk.
    private final class Work {
        private final Converter converter = Converter.of(source.dtype(), target, row, chunk);
        /// Both outside the heap, from where a channel reads and writes without a copy.
        private final MemorySegment input;

        private final MemorySegment output;
        private Future<MemorySegment> result = new CompletableFuture<>();

        Work(Arena arena) {
            this.input = isInMemory() ? MemorySegment.NULL : arena.allocate(bytes(source.dtype(), chunk), 64);
            this.output = arena.allocate(bytes(target, chunk), 64);
        }

        private boolean isInMemory() {
            return file == null && source.isMapped();
        }

        MemorySegment run(long first, int count) throws IOException {
            converter.convert(stored(first, count), 0, output, 0, count);
            return output.asSlice(0, bytes(target, count));
        }

        private MemorySegment stored(long first, int count) throws IOException {
            long offset = bytes(source.dtype(), first);
            long length = bytes(source.dtype(), count);
            if (isInMemory()) {
                return source.segment().asSlice(offset, length);
            }
            MemorySegment stored = input.asSlice(0, length);
            if (file != null) {
                file.read(source.offset().orElseThrow() + offset, stored);
            } else {
                source.readInto(offset, stored);
            }
            return stored;
        }

        MemorySegment await() throws IOException {
            try {
                return result.get();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while converting \"" + source.name() + "\"", interrupted);
            } catch (ExecutionException failed) {
                throw rethrow(failed.getCause());
            }
        }

        private static IOException rethrow(@Nullable Throwable cause) {
            return switch (cause) {
                case IOException problem -> problem;
                case RuntimeException problem -> throw problem;
                case Error problem -> throw problem;
                case null, default -> new IOException(cause);
            };
        }
    }
}
