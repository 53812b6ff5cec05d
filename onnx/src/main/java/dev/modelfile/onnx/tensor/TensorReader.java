package dev.modelfile.onnx.tensor;

import dev.modelfile.DType;
import dev.modelfile.ModelFormatException;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.io.MappedFile;
import dev.modelfile.onnx.check.Problems;
import dev.modelfile.onnx.check.Rules;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.externaldata.Sidecars;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.scan.Severity;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Makes a tensor of a `TensorProto`, if it keeps the rules. They are those of ONNX's checker where that is strict, and
/// ONNX Runtime's about sizes, which the checker does not look at closely.
public final class TensorReader {
    private final MappedFile file;
    private final Walker walker;
    private final Sidecars sidecars;
    private final Problems problems;

    /// A reader for one model.
    public TensorReader(MappedFile file, Walker walker, Sidecars sidecars, Problems problems) {
        this.file = file;
        this.walker = walker;
        this.sidecars = sidecars;
        this.problems = problems;
    }

    /// Reads a tensor.
    ///
    /// @param name the name that it gets
    /// @return null if it is unusable and that was collected
    /// @throws IOException if it is unusable
    public @Nullable TensorEntry read(Frame frame, String name) throws IOException {
        TensorHeader header = TensorHeader.read(walker, frame.message());
        return new Reading(header, name, frame.message().offset()).entry(site(frame));
    }

    /// Whether a message is an initializer of the main graph.
    public static boolean isInitializer(Frame frame) {
        Frame graph = frame.parent();
        return frame.isIn(Kind.GRAPH, 5) && graph != null && graph.isIn(Kind.MODEL, 7);
    }

    private static TensorEntry.Site site(Frame frame) {
        if (frame.isIn(Kind.GRAPH, 5)) {
            return isInitializer(frame) ? TensorEntry.Site.INITIALIZER : TensorEntry.Site.INNER_INITIALIZER;
        }
        if (frame.isIn(Kind.SPARSE, 1)) {
            return TensorEntry.Site.SPARSE_VALUES;
        }
        return frame.isIn(Kind.SPARSE, 2) ? TensorEntry.Site.SPARSE_INDICES : TensorEntry.Site.ATTRIBUTE;
    }

    /// The checks of one tensor, in the order of ONNX's checker.
    private final class Reading {
        private final TensorHeader header;
        private final String name;
        private final long at;

        Reading(TensorHeader header, String name, long at) {
            this.header = header;
            this.name = name;
            this.at = at;
        }

        @Nullable
        TensorEntry entry(TensorEntry.Site site) throws IOException {
            int type = header.dataType();
            if (type == 0) {
                return refuse(Rules.UNDEFINED, header.hasType() ? "the data type is UNDEFINED" : "no data type");
            }
            Shape shape = shape();
            if (shape == null) {
                return null;
            }
            if (header.isSegment()) {
                return refuse(Rules.SEGMENT, "it is a piece of a larger tensor, which no reader puts together");
            }
            DType dtype = DataType.dtype(type);
            ExternalData external = null;
            TensorData data;
            if (header.isExternal()) {
                external = ExternalData.read(header.external(), place(), at, problems);
                data = external == null ? null : external(external, dtype, shape);
            } else {
                data = inline(dtype, shape);
            }
            return data == null
                    ? null
                    : new TensorEntry(new Tensor(name, dtype, shape, data), header.message(), site, type, external);
        }

        private @Nullable Shape shape() throws ModelFormatException {
            for (long dim : header.dims()) {
                if (dim < 0) {
                    refuse(Rules.DIMENSION, "negative dimension " + dim + " in " + dims());
                    return null;
                }
            }
            try {
                Shape shape = Shape.of(header.dims());
                if (DataType.dtype(header.dataType()) instanceof ScalarType scalar) {
                    scalar.byteSize(shape);
                }
                return shape;
            } catch (ArithmeticException tooMany) {
                refuse(Rules.OVERFLOW, "the size of " + dims() + " does not fit 64 bits");
                return null;
            }
        }

        private String dims() {
            long[] dims = header.dims();
            return dims.length <= 8
                    ? Arrays.toString(dims)
                    : Arrays.toString(Arrays.copyOf(dims, 8)) + " and " + (dims.length - 8) + " more";
        }

        private @Nullable TensorData external(ExternalData external, DType dtype, Shape shape) throws IOException {
            if (header.rawLength() > 0 || !header.typed().isEmpty()) {
                refuse(Rules.EXTERNAL_AND_INLINE, "its bytes are in another file and in the model too");
                return null;
            }
            if (dtype.equals(DataType.TEXT)) {
                refuse(Rules.EXTERNAL_STRING, "text cannot be stored in another file");
                return null;
            }
            long size = dtype instanceof OpaqueType ? external.length() : dtype.byteSize(shape);
            if (size < 0) {
                refuse(Rules.UNKNOWN_TYPE, "no length is given, and the width of " + dtype.name() + " is not known");
                return null;
            }
            return sidecars.find(external, size, name, at);
        }

        private @Nullable TensorData inline(DType dtype, Shape shape) throws ModelFormatException {
            Map<Integer, TensorHeader.Entries> typed = header.typed();
            boolean raw = header.rawLength() > 0 || header.rawStart() >= 0 && typed.isEmpty();
            if (shape.elements() == 0) {
                return empty(raw, typed);
            }
            if (!raw && typed.isEmpty()) {
                refuse(Rules.NO_DATA, shape.elements() + " elements and no field that holds them");
                return null;
            }
            if (typed.size() + (raw ? 1 : 0) > 1 && !severalFields(raw)) {
                return null;
            }
            return raw ? raw(dtype, shape) : typed(dtype, shape);
        }

        private @Nullable TensorData empty(boolean raw, Map<Integer, TensorHeader.Entries> typed)
                throws ModelFormatException {
            if (header.rawLength() > 0 || !typed.isEmpty()) {
                refuse(Rules.EMPTY_WITH_DATA, "data in a tensor of shape " + dims());
                return null;
            }
            return TensorData.of(file, raw ? header.rawStart() : 0, 0);
        }

        private boolean severalFields(boolean raw) throws ModelFormatException {
            List<String> names = new ArrayList<>();
            header.typed().keySet().forEach(field -> names.add(TensorHeader.nameOf(field)));
            if (!raw) {
                refuse(Rules.SEVERAL_FIELDS, "elements in several fields: " + names);
                return false;
            }
            problems.note(
                    Severity.WARNING,
                    Rules.SEVERAL_FIELDS,
                    place(),
                    at,
                    "elements in raw_data and in " + names + "; raw_data counts");
            return true;
        }

        private @Nullable TensorData raw(DType dtype, Shape shape) throws ModelFormatException {
            if (dtype.equals(DataType.TEXT)) {
                refuse(Rules.STRING_RAW, "text cannot be stored in raw_data");
                return null;
            }
            if (dtype instanceof OpaqueType) {
                problems.note(
                        Severity.WARNING, Rules.UNKNOWN_TYPE, place(), at, "the data type " + dtype + " is not known");
            } else if (header.rawLength() != dtype.byteSize(shape)) {
                refuse(
                        Rules.SIZE,
                        header.rawLength() + " bytes of raw_data vs " + dtype.byteSize(shape) + " for "
                                + DataType.nameOf(header.dataType()) + " " + dims());
                return null;
            }
            return TensorData.of(file, header.rawStart(), header.rawLength());
        }

        private @Nullable TensorData typed(DType dtype, Shape shape) throws ModelFormatException {
            int field = header.typed().keySet().iterator().next();
            TensorHeader.Entries entries = header.typed().values().iterator().next();
            DataType type = DataType.of(header.dataType()).orElse(null);
            if (type == null) {
                refuse(Rules.UNKNOWN_TYPE, "the data type " + dtype + " is not known");
                return null;
            }
            if (type.field() != field) {
                refuse(
                        Rules.WRONG_FIELD,
                        type + " elements in " + TensorHeader.nameOf(field) + " instead of "
                                + TensorHeader.nameOf(type.field()));
                return null;
            }
            long expected = type == DataType.STRING ? shape.elements() : dtype.byteSize(shape) / type.entryBytes();
            if (entries.count() != expected) {
                refuse(
                        Rules.SIZE,
                        entries.count() + " entries of " + TensorHeader.nameOf(field) + " vs " + expected + " for "
                                + type + " " + dims());
                return null;
            }
            return data(type, entries);
        }

        private @Nullable TensorData data(DataType type, TensorHeader.Entries entries) throws ModelFormatException {
            boolean fixed = type.field() == 4 || type.field() == 10;
            if (type == DataType.STRING) {
                return Strings.data(file, walker, header.message(), entries);
            }
            if (fixed && entries.bytes() == entries.count() * type.entryBytes()) {
                return TensorData.of(file, entries.start(), entries.bytes());
            }
            return new EntryData(walker.file(), walker.limits(), header.message(), type, entries.count());
        }

        private String place() {
            return "tensor " + Texts.shown(name);
        }

        private @Nullable TensorEntry refuse(String rule, String problem) throws ModelFormatException {
            problems.refuse(Severity.ERROR, rule, place(), at, problem);
            return null;
        }
    }
}
