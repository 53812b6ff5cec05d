package dev.modelfile.gguf;

import dev.modelfile.Conversion;
import dev.modelfile.DType;
import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ModelWriter;
import dev.modelfile.OpaqueType;
import dev.modelfile.Progress;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.Tensors;
import dev.modelfile.UnfitTensorsException;
import dev.modelfile.UnfitTensorsException.Reason;
import dev.modelfile.UnfitTensorsException.Unfit;
import dev.modelfile.Value;
import dev.modelfile.WriteOptions;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.mix.Exempt;
import dev.modelfile.gguf.mix.Fallback;
import dev.modelfile.gguf.mix.Mix;
import dev.modelfile.gguf.mix.Model;
import dev.modelfile.gguf.mix.Order;
import dev.modelfile.gguf.rows.RowEncoder;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Quantises a model as llama-quantize does: the same types for the same tensors, the same bytes, in the same order.
/// First a plan with all types and sizes, then, if wanted, the file.
///
/// Not safe for use by several threads.
public final class Quantization {
    /// The version of ggml's block layouts, `GGML_QNT_VERSION`.
    private static final int VERSION = 2;

    private static final String OUTPUT = "output.weight";
    private static final String EMBEDDING = "token_embd.weight";
    private static final String LAYER_EMBEDDING = "per_layer_token_embd.weight";

    private final Metadata original;
    private final Tensors tensors;
    private final ByteOrder order;
    private final FileType target;
    private final Map<Pattern, DType> overrides = new LinkedHashMap<>();
    private @Nullable ImportanceMatrix importance;
    private String importancePath = "";
    private @Nullable DType output;
    private @Nullable DType embedding;
    private boolean pure;
    private boolean keepOutput;
    private boolean requantize;
    private int threads = Runtime.getRuntime().availableProcessors();

    private Quantization(Metadata original, Tensors tensors, ByteOrder order, FileType target) {
        this.original = original;
        this.tensors = tensors;
        this.order = order;
        this.target = target;
    }

    /// What happens to one tensor.
    ///
    /// @param tensor the tensor
    /// @param type what it will be; its own type if it is copied
    /// @param bytes its size then
    /// @param unfit the type that was chosen first if the tensor's rows do not fill its blocks; null otherwise
    public record Step(
            Tensor tensor, DType type, long bytes, @Nullable DType unfit) {}

    /// What happens to all tensors, in the order in which they are written.
    ///
    /// @param steps one for each tensor
    /// @param bytesBefore the sum of all sizes now
    /// @param bytesAfter the sum of all sizes then
    /// @param bitsPerWeight average over all elements
    public record Plan(List<Step> steps, long bytesBefore, long bytesAfter, double bitsPerWeight) {
        /// @throws NullPointerException if the list or an element is null
        public Plan {
            steps = List.copyOf(steps);
        }
    }

    /// Quantises an open model of any format, which must stay open until it is written. Which tensor gets which type
    /// depends on names and metadata as GGUF has them: those of other models get the base type of the mix.
    ///
    /// @throws UnfitTensorsException if GGUF cannot hold the dimensions or names of some tensors
    /// @throws IllegalArgumentException if there is no mix of that name
    public static Quantization of(ModelFile model, FileType target) {
        return model instanceof GgufFile
                ? new Quantization(model.metadata(), model.tensors(), model.byteOrder(), known(target))
                : of(Conversion.from(model.path()).view(model, Gguf.FORMAT), target);
    }

    /// Quantises what a conversion has selected and renamed for GGUF; its model must stay open until it is written.
    ///
    /// @throws IllegalArgumentException if there is no mix of that name
    public static Quantization of(Conversion.View view, FileType target) {
        return new Quantization(view.metadata(), view.tensors(), ByteOrder.LITTLE_ENDIAN, known(target));
    }

    private static FileType known(FileType target) {
        if (target == FileType.NVFP4) {
            throw new IllegalArgumentException(
                    "there is no mix for NVFP4; choose Q4_K_M or MXFP4_MOE, or give single tensors the type");
        }
        return target;
    }

    /// Weighs columns by an importance matrix.
    ///
    /// @param source where it comes from, noted in the result
    public Quantization importance(ImportanceMatrix matrix, String source) {
        importance = Objects.requireNonNull(matrix, "matrix");
        importancePath = Objects.requireNonNull(source, "source");
        return this;
    }

    /// Gives every tensor whose name matches another type; the first match counts.
    ///
    /// @param pattern a regular expression that is looked for in the name, in lower case
    public Quantization tensorType(String pattern, DType type) {
        overrides.put(Pattern.compile(pattern.toLowerCase(Locale.ROOT)), Objects.requireNonNull(type, "type"));
        return this;
    }

    /// Sets the type of `output.weight`, and of the token embedding where it takes that part.
    public Quantization outputType(DType type) {
        output = Objects.requireNonNull(type, "type");
        return this;
    }

    /// Sets the type of the token embedding.
    public Quantization embeddingType(DType type) {
        embedding = Objects.requireNonNull(type, "type");
        return this;
    }

    /// Gives all tensors the base type, without the mix's rules.
    public Quantization pure(boolean value) {
        pure = value;
        return this;
    }

    /// Leaves `output.weight` as it is.
    public Quantization keepOutput(boolean value) {
        keepOutput = value;
        return this;
    }

    /// Allows to quantise what is quantised already, which costs quality.
    public Quantization requantize(boolean value) {
        requantize = value;
        return this;
    }

    /// Sets the number of threads; the default is that of the processors. The result does not depend on it.
    ///
    /// @throws IllegalArgumentException if it is less than 1
    public Quantization threads(int count) {
        if (count < 1) {
            throw new IllegalArgumentException(count + " threads");
        }
        threads = count;
        return this;
    }

    /// Chooses all types.
    ///
    /// @throws UnfitTensorsException if GGUF cannot hold the types of some tensors, which are no weights
    /// @throws IllegalArgumentException if a tensor cannot get its type: the message names it and the way out
    public Plan plan() {
        List<Tensor> sorted = new ArrayList<>(tensors);
        sorted.sort(Comparator.comparing(Tensor::name, Order.BY_LAYER));
        Mix mix = new Mix(target, Model.of(original, tensors.names()), importance != null);
        List<Step> steps = new ArrayList<>(sorted.size());
        List<Unfit> unfit = new ArrayList<>();
        long before = 0;
        long after = 0;
        // Counted as a double: types that are not known may claim any number of elements.
        double elements = 0;
        for (Tensor tensor : sorted) {
            Step step = step(tensor, mix);
            steps.add(step);
            if (!Gguf.FORMAT.canStore(step.type())) {
                unfit.add(new Unfit(tensor.name(), tensor.dtype(), tensor.shape(), Reason.TYPE));
            }
            before = Math.addExact(before, tensor.byteSize());
            after = Math.addExact(after, step.bytes());
            elements += tensor.shape().elements();
        }
        UnfitTensorsException.throwIfAny(Gguf.FORMAT, unfit);
        return new Plan(steps, before, after, elements == 0 ? 0 : 8.0 * after / elements);
    }

    private Step step(Tensor tensor, Mix mix) {
        DType wanted = wanted(tensor, mix);
        boolean fixed = askedFor(tensor.name()) != null || !(target.base() instanceof GgmlType);
        DType type = fixed ? wanted : Fallback.of(wanted, tensor.shape(), tensor.name());
        if (!type.equals(tensor.dtype())) {
            require(tensor, type);
        }
        boolean copied = type.equals(tensor.dtype());
        return new Step(
                tensor,
                type,
                copied ? tensor.byteSize() : type.byteSize(tensor.shape()),
                type.equals(wanted) ? null : wanted);
    }

    private DType wanted(Tensor tensor, Mix mix) {
        String name = tensor.name();
        if (Exempt.contains(name, tensor.shape()) || keepOutput && name.equals(OUTPUT) || !isFloat(tensor.dtype())) {
            return kept(tensor.dtype());
        }
        DType asked = askedFor(name);
        if (asked != null) {
            return asked;
        }
        if (!(target.base() instanceof GgmlType)) {
            return target.base();
        }
        DType override = override(name);
        if (override != null) {
            return override;
        }
        if (pure) {
            return target.base();
        }
        boolean tied = (name.equals(EMBEDDING) || name.equals(LAYER_EMBEDDING)) && !tensors.has(OUTPUT);
        DType chosen = mix.next(name, tensor.shape());
        return tied && output != null ? output : chosen;
    }

    /// Numbers and truth values that are no weights stay what they are.
    private static boolean isFloat(DType type) {
        return !(type instanceof ScalarType scalar) || scalar.kind() == ScalarType.Kind.FLOAT;
    }

    /// The type of a tensor that is not quantised; ggml lacks some small floats, and has F32 for them.
    private static DType kept(DType type) {
        boolean widened = type instanceof ScalarType scalar
                && scalar.kind() == ScalarType.Kind.FLOAT
                && !Gguf.FORMAT.canStore(scalar);
        return widened ? ScalarType.F32 : type;
    }

    /// The type that an option gives this very tensor, whatever its shape. A pattern goes before the option only for
    /// the embedding of the layers.
    private @Nullable DType askedFor(String name) {
        return switch (name) {
            case OUTPUT -> output;
            case EMBEDDING -> embedding;
            case LAYER_EMBEDDING -> override(name) == null ? embedding : null;
            default -> null;
        };
    }

    private @Nullable DType override(String name) {
        for (Map.Entry<Pattern, DType> override : overrides.entrySet()) {
            if (override.getKey().matcher(name).find()) {
                return override.getValue();
            }
        }
        return null;
    }

    private void require(Tensor tensor, DType type) {
        String place = "tensor \"" + Names.shown(tensor.name()) + "\"";
        if (tensor.dtype() instanceof GgmlType already && !requantize) {
            throw new IllegalArgumentException(place + " is " + already.name()
                    + " already; quantise the original model," + " or allow requantising, which costs quality");
        }
        if (tensor.dtype() instanceof OpaqueType) {
            throw new IllegalArgumentException(place + " is " + tensor.dtype().name()
                    + ", which cannot be decoded; quantise a model of known types");
        }
        int weights = weightsOf(tensor);
        if (!(type instanceof GgmlType block)) {
            return;
        }
        RowEncoder.check(tensor, weights);
        if (block == GgmlType.Q8_1 || block == GgmlType.Q8_K) {
            throw new IllegalArgumentException(place + " would be " + block.name()
                    + ", which programs use while they compute and keep in no file; choose another type");
        }
        if (!block.canEncode()) {
            throw new IllegalArgumentException(
                    place + " cannot be encoded as " + block.name() + "; choose another type for it");
        }
        Shape shape = tensor.shape();
        if (shape.rowElements() % block.blockElements() != 0) {
            throw new IllegalArgumentException(place + " has rows of " + shape.rowElements()
                    + " elements, which do not fill " + block.name() + " blocks of " + block.blockElements()
                    + "; choose another type for it");
        }
        if (needsImportance(tensor.name(), block) && weights < 0) {
            throw new IllegalArgumentException(place + " would be " + block.name()
                    + ", which needs an importance matrix"
                    + (importance == null ? "" : ", and the one given has no weights for it")
                    + "; give one, or choose another type for it");
        }
    }

    /// How many weights the importance matrix has for a tensor, -1 if none. llama-quantize does without those of token
    /// embeddings that do not fit.
    private int weightsOf(Tensor tensor) {
        int weights = importance == null ? -1 : importance.count(tensor.name()).orElse(-1);
        boolean embeds = tensor.name().equals(EMBEDDING) || tensor.name().equals(LAYER_EMBEDDING);
        return embeds && weights != RowEncoder.columns(tensor.shape()) ? -1 : weights;
    }

    /// llama-quantize's rule, which asks for more than the types themselves do.
    private boolean needsImportance(String name, GgmlType type) {
        boolean spared = name.equals(OUTPUT) || name.equals(EMBEDDING) || name.equals(LAYER_EMBEDDING);
        return switch (type) {
            case IQ2_XXS, IQ2_XS, IQ1_S -> true;
            case IQ3_XXS, IQ2_S, IQ1_M -> !spared;
            case Q2_K -> !spared && target == FileType.Q2_K_S;
            default -> false;
        };
    }

    /// Writes the quantised model, in the byte order of the original if the options do not ask for another.
    ///
    /// @return the files written, the one to open first
    /// @throws IllegalArgumentException if a tensor cannot get its type, or holds values that its type cannot
    /// @throws IOException if reading or writing fails
    public List<Path> write(Path path, WriteOptions options, Progress progress) throws IOException {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            try {
                return layout(path, options, pool).write(path, options, progress);
            } finally {
                pool.shutdownNow();
            }
        }
    }

    /// The files that [#write] would write.
    ///
    /// @throws IllegalArgumentException if a tensor cannot get its type
    public WritePlan layout(Path path, WriteOptions options) {
        return layout(path, options, ForkJoinPool.commonPool());
    }

    private WritePlan layout(Path path, WriteOptions options, ExecutorService pool) {
        ModelWriter writer = Gguf.writer()
                .options(options.byteOrder() == null ? options.withByteOrder(order) : options)
                .metadata(metadata());
        for (Step step : plan().steps()) {
            writer.add(source(step, pool));
        }
        return writer.plan(path);
    }

    private TensorSource source(Step step, ExecutorService pool) {
        Tensor tensor = step.tensor();
        if (step.type().equals(tensor.dtype())) {
            return tensor;
        }
        if (step.type() instanceof GgmlType block) {
            float[] weights = importance == null || weightsOf(tensor) < 0
                    ? null
                    : importance.weights(tensor.name()).orElse(null);
            return new RowEncoder(tensor, block, weights, pool, threads + 1);
        }
        return tensor.as(step.type());
    }

    private Metadata metadata() {
        Metadata result = original;
        for (String key : List.of("split.no", "split.count", "split.tensors.count")) {
            result = result.without(key);
        }
        result = last(result, "general.quantization_version", Value.u32(VERSION));
        result = last(result, "general.file_type", Value.u32(target.id()));
        if (importance == null) {
            return result;
        }
        result = last(result, "quantize.imatrix.file", Value.of(importancePath));
        if (!importance.datasets().isEmpty()) {
            Value dataset = Value.of(importance.datasets().get(0));
            result = last(result, "quantize.imatrix.dataset", dataset);
        }
        result = last(
                result,
                "quantize.imatrix.entries_count",
                Value.u32(importance.names().size()));
        return importance.chunks() == 0
                ? result
                : last(result, "quantize.imatrix.chunks_count", Value.u32(importance.chunks()));
    }

    /// Sets a key behind all others, as ggml does, whether it was there or not.
    private static Metadata last(Metadata metadata, String key, Value value) {
        return metadata.without(key).with(key, value);
    }
}
