package dev.modelfile.gguf;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelWriter;
import dev.modelfile.ReadOptions;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.UnsupportedModelException;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.spi.Probe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;

/// How much each column of each weight matters, as `llama-imatrix` measures it: the sum of squared activations. Held
/// on the heap; immutable.
public final class ImportanceMatrix {
    private static final String SUMS = ".in_sum2";
    private static final String COUNTS = ".counts";

    private final SequencedMap<String, Entry> entries;
    private final List<String> datasets;
    private final long chunks;
    private final long chunkSize;

    /// What was measured for one tensor.
    ///
    /// @param sums sums of squared activations: for each matrix (expert) one per column
    /// @param counts how many were summed up, one for each matrix
    record Entry(float[] sums, float[] counts) {
        /// Mean squares; 1 for matrices that were never used. llama-quantize takes counts as whole numbers.
        float[] weights() {
            float[] weights = new float[sums.length];
            int columns = sums.length / counts.length;
            for (int i = 0; i < sums.length; i++) {
                float count = (float) Math.floor(counts[i / columns] + 0.5);
                weights[i] = count > 0 ? sums[i] / count : 1;
            }
            return weights;
        }
    }

    ImportanceMatrix(Map<String, Entry> entries, List<String> datasets, long chunks, long chunkSize) {
        this.entries = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(entries));
        this.datasets = List.copyOf(datasets);
        this.chunks = chunks;
        this.chunkSize = chunkSize;
    }

    /// Reads either kind of file: GGUF with `general.type` `imatrix`, or the older `.dat`.
    ///
    /// @throws dev.modelfile.ModelFormatException if it is broken, exceeds a limit, or holds values that are not finite
    /// @throws IOException if it cannot be read
    public static ImportanceMatrix read(Path path) throws IOException {
        return read(path, ReadOptions.defaults());
    }

    /// Reads either kind of file with options.
    ///
    /// @throws dev.modelfile.ModelFormatException if it is broken, exceeds a limit, or holds values that are not finite
    /// @throws IOException if it cannot be read
    public static ImportanceMatrix read(Path path, ReadOptions options) throws IOException {
        if (!Gguf.FORMAT.recognises(Probe.of(path))) {
            return LegacyImatrix.read(path, options);
        }
        try (GgufFile file = Gguf.open(path, options)) {
            String type =
                    file.metadata().find("general.type").map(Value::toString).orElse("");
            if (!type.equals("imatrix")) {
                throw new UnsupportedModelException(
                        LegacyImatrix.RULE, path.toString(), "general.type", -1, "not an importance matrix");
            }
            Map<String, Entry> entries = new LinkedHashMap<>();
            long heap = 0;
            for (Tensor tensor : file.tensors()) {
                if (tensor.name().endsWith(SUMS)) {
                    String name = tensor.name().substring(0, tensor.name().length() - SUMS.length());
                    long counts = file.tensors()
                            .find(name + COUNTS)
                            .map(Tensor::byteSize)
                            .orElse(0L);
                    heap = Math.addExact(heap, 2 * (tensor.byteSize() + counts));
                    LegacyImatrix.charge(path, tensor.name(), heap, options);
                    entries.put(name, entry(file, name, tensor));
                }
            }
            if (entries.isEmpty()) {
                throw new MalformedModelException(LegacyImatrix.RULE, path.toString(), "", -1, "has no weights");
            }
            List<String> datasets = new ArrayList<>();
            if (file.metadata().find("imatrix.datasets").orElse(null) instanceof Value.Array array) {
                for (long i = 0; i < array.size(); i++) {
                    heap += 64 + 2L * array.get(i).toString().length();
                    LegacyImatrix.charge(path, "imatrix.datasets", heap, options);
                    datasets.add(array.get(i).toString());
                }
            }
            return new ImportanceMatrix(
                    entries, datasets, number(file, "imatrix.chunk_count"), number(file, "imatrix.chunk_size"));
        }
    }

    private static Entry entry(GgufFile file, String name, Tensor sums) throws IOException {
        Tensor counts = file.tensors().find(name + COUNTS).orElse(null);
        boolean fits = counts != null
                && sums.dtype() == ScalarType.F32
                && counts.dtype() == ScalarType.F32
                && counts.shape().elements() > 0
                && sums.shape().elements() % counts.shape().elements() == 0;
        if (counts == null || !fits) {
            throw new MalformedModelException(
                    LegacyImatrix.RULE, file.path().toString(), sums.name(), -1, "no counts that fit the sums");
        }
        Entry entry = new Entry(sums.toFloatArray(), counts.toFloatArray());
        LegacyImatrix.requireFinite(file.path(), sums.name(), entry);
        return entry;
    }

    /// A number of 32 bits, 0 if it is not there.
    private static long number(GgufFile file, String key) throws MalformedModelException {
        Value value = file.metadata().find(key).orElse(Value.u32(0));
        if (value instanceof Value.Int number && number.bits() >= 0 && number.bits() <= 0xFFFF_FFFFL) {
            return number.bits();
        }
        throw new MalformedModelException(
                LegacyImatrix.RULE, file.path().toString(), key, -1, "is " + value.type() + ", must be U32");
    }

    /// The tensors that were measured, in file order.
    public List<String> names() {
        return List.copyOf(entries.keySet());
    }

    /// The weights of a tensor: for each of its matrices one per column; empty if it was not measured.
    public Optional<float[]> weights(String tensor) {
        return Optional.ofNullable(entries.get(tensor)).map(Entry::weights);
    }

    /// How many weights there are of a tensor; empty if it was not measured.
    OptionalInt count(String tensor) {
        Entry entry = entries.get(tensor);
        return entry == null ? OptionalInt.empty() : OptionalInt.of(entry.sums().length);
    }

    /// The texts it was measured on.
    public List<String> datasets() {
        return datasets;
    }

    /// How many chunks of text were used.
    public long chunks() {
        return chunks;
    }

    /// Writes the GGUF kind.
    ///
    /// @throws IOException if writing fails
    /// @throws IllegalArgumentException if a tensor name leaves no room for the endings
    public void write(Path target, WriteOptions options) throws IOException {
        ModelWriter writer = Gguf.writer()
                .options(options)
                .metadata("general.type", "imatrix")
                .metadata("imatrix.datasets", Value.strings(datasets))
                .metadata("imatrix.chunk_count", Value.u32(chunks))
                .metadata("imatrix.chunk_size", Value.u32(chunkSize));
        if (datasets.isEmpty()) {
            writer.metadata("imatrix.datasets", Value.strings(List.of("")));
        }
        entries.forEach((name, entry) -> {
            int matrices = entry.counts().length;
            Shape shape = Shape.of(matrices, entry.sums().length / matrices);
            writer.add(TensorSource.of(name + SUMS, shape, entry.sums()));
            writer.add(TensorSource.of(name + COUNTS, Shape.of(matrices, 1), entry.counts()));
        });
        writer.write(target);
    }
}
