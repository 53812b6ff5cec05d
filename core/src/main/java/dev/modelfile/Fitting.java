package dev.modelfile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.zip.CRC32;

/// Makes tensors fit a format's bounds on names and dimensions, and notes in the metadata what they were, so that a
/// conversion into a format without these bounds gives that back.
final class Fitting {
    /// The key of the notes: a table by the fitted names, of tables with `name` and `shape` as they were.
    static final String KEY = "modelfile.fitted";

    /// As many dimensions as PyTorch allows; notes with more are not followed.
    private static final int MAX_RANK = 64;

    private static final String NAME = "name";
    private static final String SHAPE = "shape";

    private final ModelFormat format;
    private final Set<String> taken;
    private final SequencedMap<String, Value> notes = new LinkedHashMap<>();

    /// @param names of all tensors
    Fitting(ModelFormat format, Set<String> names) {
        this.format = format;
        this.taken = new HashSet<>(names);
    }

    /// What a format cannot hold of a tensor's name and dimensions, if anything.
    static Optional<UnfitTensorsException.Reason> problem(TensorSource tensor, ModelFormat format) {
        if (tensor.shape().rank() > format.maxRank()) {
            return Optional.of(UnfitTensorsException.Reason.RANK);
        }
        return canName(tensor.name(), format) ? Optional.empty() : Optional.of(UnfitTensorsException.Reason.NAME);
    }

    private static boolean canName(String name, ModelFormat format) {
        return format.canName(name) && utf8Length(name) <= format.maxNameBytes();
    }

    /// A tensor with joined dimensions and another name, as far as needed.
    Tensor fit(Tensor tensor) {
        SequencedMap<String, Value> note = new LinkedHashMap<>();
        Tensor fitted = tensor;
        if (!canName(tensor.name(), format)) {
            if (text(tensor.name()).equals(tensor.name())) {
                note.put(NAME, Value.of(tensor.name()));
            }
            fitted = fitted.named(shortened(tensor.name()));
        }
        if (tensor.shape().rank() > format.maxRank()) {
            note.put(
                    SHAPE,
                    Value.array(Arrays.stream(tensor.shape().toArray())
                            .mapToObj(Value::of)
                            .toList()));
            fitted = fitted.reshaped(joined(tensor.shape()));
        }
        if (!note.isEmpty()) {
            notes.put(fitted.name(), new Value.Table(note));
        }
        return fitted;
    }

    /// The metadata with the notes.
    Metadata noted(Metadata metadata) {
        return notes.isEmpty() ? metadata : metadata.with(KEY, new Value.Table(notes));
    }

    /// The outermost dimensions become one; the rows stay what they are.
    private Shape joined(Shape shape) {
        long[] dims = shape.toArray();
        int joined = dims.length - format.maxRank();
        long[] fewer = Arrays.copyOfRange(dims, joined, dims.length);
        for (int i = 0; i < joined; i++) {
            fewer[0] = shape.elements() == 0 ? 0 : fewer[0] * dims[i];
        }
        return Shape.of(fewer);
    }

    /// The end of the name, which tells more than its beginning, behind a checksum of all of it.
    private String shortened(String name) {
        for (int attempt = 0; ; attempt++) {
            CRC32 crc = new CRC32();
            crc.update((name + "~".repeat(attempt)).getBytes(StandardCharsets.UTF_8));
            String mark = String.format("%08x~", crc.getValue());
            int from = 0;
            while (utf8Length(name.substring(from)) > format.maxNameBytes() - mark.length()) {
                from = name.offsetByCodePoints(from, 1);
            }
            String candidate = mark + text(name.substring(from));
            if (taken.add(candidate)) {
                return candidate;
            }
        }
    }

    /// A name with a question mark in the place of every lone surrogate, which only some formats have names for.
    private static String text(String name) {
        return new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private static int utf8Length(String name) {
        return name.getBytes(StandardCharsets.UTF_8).length;
    }

    /// The tensors as they were before they were fitted. Notes that do not suit their tensor are not followed.
    static List<Tensor> undone(List<Tensor> tensors, Metadata metadata) {
        if (!(metadata.find(KEY).orElse(null) instanceof Value.Table notes)) {
            return tensors;
        }
        List<Tensor> undone = new ArrayList<>(tensors.size());
        for (Tensor tensor : tensors) {
            undone.add(
                    notes.entries().get(tensor.name()) instanceof Value.Table note
                            ? undone(tensor, note.entries())
                            : tensor);
        }
        boolean distinct = undone.stream().map(Tensor::name).distinct().count() == undone.size();
        return distinct ? undone : tensors;
    }

    private static Tensor undone(Tensor tensor, SequencedMap<String, Value> note) {
        Tensor named = note.get(NAME) instanceof Value.Text name ? tensor.named(name.toString()) : tensor;
        if (!(note.get(SHAPE) instanceof Value.Array dims) || dims.size() > MAX_RANK) {
            return named;
        }
        long[] shape = new long[(int) dims.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = dims.get(i) instanceof Value.Int dim ? dim.bits() : -1;
        }
        try {
            Shape before = Shape.of(shape);
            boolean same = before.elements() == tensor.shape().elements()
                    && before.rowElements() == tensor.shape().rowElements();
            return same ? named.reshaped(before) : named;
        } catch (IllegalArgumentException | ArithmeticException changed) {
            return named;
        }
    }
}
