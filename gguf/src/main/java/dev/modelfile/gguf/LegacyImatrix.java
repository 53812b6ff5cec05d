package dev.modelfile.gguf;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.gguf.ImportanceMatrix.Entry;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.io.Segments;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The older file of importance matrices, little-endian: `i32 n`, then n times `i32 length, name, i32 calls, i32
/// values,
/// f32[values]`, then `i32 last chunk, i32 length, dataset`, which very old files lack.
final class LegacyImatrix {
    static final String RULE = "gguf.imatrix";

    private final Region region;
    private final ReadOptions options;
    private final Path path;
    private long at;
    private long heap;

    private LegacyImatrix(Path path, Region region, ReadOptions options) {
        this.path = path;
        this.region = region;
        this.options = options;
    }

    static ImportanceMatrix read(Path path, ReadOptions options) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Region region = MappedFile.open(path, arena).region().at("importance matrix");
            return new LegacyImatrix(path, region, options).read();
        }
    }

    private ImportanceMatrix read() throws IOException {
        int count = i32();
        if (count < 1 || count > (region.size() - at) / 12) {
            throw region.malformed(
                    RULE, "", 0, count + " entries of at least 12 bytes vs " + region.size() + " bytes in the file");
        }
        Map<String, Entry> entries = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            String name = text("entry " + i);
            int calls = i32();
            int values = i32();
            if (values < 1 || values > (region.size() - at) / Float.BYTES) {
                throw region.malformed(RULE, name, at - 4, values + " values vs " + (region.size() - at) + " bytes");
            }
            heap += 2L * Float.BYTES * values;
            charge(path, name, heap, options);
            float[] sums = new float[values];
            MemorySegment.copy(region.bytes(), Segments.LE_F32, at, sums, 0, values);
            at += (long) Float.BYTES * values;
            // Sums that were never counted are taken as they are, as llama-quantize does.
            Entry entry = new Entry(sums, new float[] {Math.max(calls, 1)});
            requireFinite(path, name, entry);
            entries.put(name, entry);
        }
        List<String> datasets = new ArrayList<>();
        int chunks = 0;
        if (region.size() - at >= 8) {
            chunks = i32();
            String dataset = text("dataset");
            if (!dataset.isEmpty()) {
                datasets.add(dataset);
            }
        }
        return new ImportanceMatrix(entries, datasets, Math.max(0, chunks), 0);
    }

    private int i32() throws MalformedModelException {
        int value = region.i32(at);
        at += Integer.BYTES;
        return value;
    }

    private String text(String what) throws ModelFormatException {
        int length = i32();
        heap += 3L * Math.max(length, 0);
        charge(path, what, heap, options);
        byte[] text = region.copy(what, at, length);
        at += length;
        return Names.decode(text);
    }

    static void charge(Path path, String where, long bytes, ReadOptions options) throws LimitExceededException {
        if (bytes > options.limits().maxHeapBytes()) {
            throw new LimitExceededException(
                    "maxHeapBytes",
                    path.toString(),
                    Names.shown(where),
                    -1,
                    bytes + " bytes of weights vs " + options.limits().maxHeapBytes());
        }
    }

    /// llama-quantize, too, refuses what is not finite; sums of squares are not negative.
    static void requireFinite(Path path, String where, Entry entry) throws MalformedModelException {
        for (float value : entry.sums()) {
            if (!(value >= 0 && value <= Float.MAX_VALUE)) {
                throw new MalformedModelException(
                        RULE, path.toString(), Names.shown(where), -1, "holds " + value + ", which is no weight");
            }
        }
        for (float value : entry.counts()) {
            if (!Float.isFinite(value)) {
                throw new MalformedModelException(
                        RULE, path.toString(), Names.shown(where), -1, "counts " + value + " measurements");
            }
        }
    }
}
