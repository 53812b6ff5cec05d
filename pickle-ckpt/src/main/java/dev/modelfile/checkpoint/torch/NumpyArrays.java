package dev.modelfile.checkpoint.torch;

import dev.modelfile.DType;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TensorData;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// NumPy arrays and scalars inside pickles: `_reconstruct` with a state, `scalar`, `dtype`.
final class NumpyArrays {
    private static final Map<String, ScalarType> TYPES = Map.ofEntries(
            Map.entry("b1", ScalarType.BOOL),
            Map.entry("i1", ScalarType.I8),
            Map.entry("u1", ScalarType.U8),
            Map.entry("i2", ScalarType.I16),
            Map.entry("u2", ScalarType.U16),
            Map.entry("i4", ScalarType.I32),
            Map.entry("u4", ScalarType.U32),
            Map.entry("i8", ScalarType.I64),
            Map.entry("u8", ScalarType.U64),
            Map.entry("f2", ScalarType.F16),
            Map.entry("f4", ScalarType.F32),
            Map.entry("f8", ScalarType.F64),
            Map.entry("c8", ScalarType.C64),
            Map.entry("c16", ScalarType.C128));

    /// An element type.
    ///
    /// @param code as NumPy spells it, without the byte order
    /// @param big whether the bytes are in big-endian order
    private record Descr(String code, boolean big) {
        @Nullable
        ScalarType scalar() {
            return TYPES.get(code);
        }
    }

    private NumpyArrays() {}

    static boolean isMultiarray(PickleValue.Global global) {
        String module = global.module();
        return module.equals("numpy.core.multiarray") || module.equals("numpy._core.multiarray");
    }

    /// An array or scalar as a tensor, or null if the value is none.
    ///
    /// @throws ModelFormatException if it is one, and broken
    static @Nullable Rebuilt find(PickleValue value, StorageTable table) throws ModelFormatException {
        if (!(value instanceof InstanceNode instance)
                || !(instance.callable() instanceof PickleValue.Global what)
                || !isMultiarray(what)) {
            return null;
        }
        if (what.name().equals("scalar")) {
            return scalar(instance, table);
        }
        boolean array = what.name().equals("_reconstruct")
                && instance.states().size() == 1
                && instance.states().get(0) instanceof SequenceNode;
        return array ? array(instance, (SequenceNode) instance.states().get(0), table) : null;
    }

    private static @Nullable Rebuilt scalar(InstanceNode instance, StorageTable table) throws ModelFormatException {
        Descr descr = descr(instance.argument(0));
        MemorySegment bytes = bytes(instance.argument(1), table);
        if (descr == null || bytes == null) {
            return null;
        }
        return tensor(descr, new long[0], false, bytes, table.place(), instance.offset());
    }

    private static @Nullable Rebuilt array(InstanceNode instance, SequenceNode state, StorageTable table)
            throws ModelFormatException {
        int first = state.size() - 4;
        if (first < 0) {
            return null;
        }
        Descr descr = descr(state.get(first + 1));
        MemorySegment bytes = bytes(state.get(first + 3), table);
        boolean fortran = state.get(first + 2) instanceof PickleValue.Bool flag && flag.value();
        if (descr == null || bytes == null || !(state.get(first) instanceof SequenceNode)) {
            return null;
        }
        PickleValue.Global what = (PickleValue.Global) instance.callable();
        long[] dims = new Parameters(state, what, instance.offset(), table.place()).longs(first);
        return tensor(descr, dims, fortran, bytes, table.place(), instance.offset());
    }

    private static Rebuilt tensor(
            Descr descr, long[] dims, boolean fortran, MemorySegment bytes, Region place, long offset)
            throws ModelFormatException {
        ScalarType scalar = descr.scalar();
        DType dtype = scalar == null ? new OpaqueType("numpy " + descr.code()) : scalar;
        try {
            Shape shape = Shape.of(dims);
            if (scalar == null) {
                return Rebuilt.of(dtype, shape, TensorData.of(bytes));
            }
            if (bytes.byteSize() != scalar.byteSize(shape)) {
                throw new IllegalArgumentException(bytes.byteSize() + " bytes for " + scalar + " " + shape);
            }
            int unit = scalar.bits() / 8;
            TensorData data = TensorData.of(bytes);
            if (fortran) {
                data = TensorData.strided(data, 0, unit, dims, fortran(dims, unit));
            }
            int swap = scalar.kind() == ScalarType.Kind.COMPLEX ? unit / 2 : unit;
            return Rebuilt.of(dtype, shape, descr.big() ? UnitsData.swapped(data, unit, swap) : data)
                    .note("array", Value.of("numpy"));
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException impossible) {
            throw new MalformedModelException(
                    "checkpoint.numpy", place.source(), place.place(), offset, "array: " + impossible.getMessage());
        }
    }

    private static long[] fortran(long[] dims, int unit) {
        long[] strides = new long[dims.length];
        long next = unit;
        for (int i = 0; i < dims.length; i++) {
            strides[i] = next;
            next = Math.multiplyExact(next, Math.max(1, dims[i]));
        }
        return strides;
    }

    /// `dtype('f8', False, True)` with the state `(3, '<', …)`.
    private static @Nullable Descr descr(@Nullable PickleValue value) {
        if (!(value instanceof InstanceNode dtype)
                || !dtype.isCallOf("numpy", "dtype")
                || !(dtype.argument(0) instanceof PickleValue.Text code)) {
            return null;
        }
        boolean big = !dtype.states().isEmpty()
                && dtype.states().get(0) instanceof SequenceNode state
                && state.size() > 1
                && state.get(1) instanceof PickleValue.Text order
                && order.value().equals(">");
        return code.value().startsWith("O") ? null : new Descr(code.value(), big);
    }

    /// Bytes, also as protocol 2 writes them: text to be encoded as Latin-1.
    static @Nullable MemorySegment bytes(@Nullable PickleValue value, StorageTable table) throws ModelFormatException {
        if (value instanceof PickleValue.Bytes bytes) {
            return bytes.bytes();
        }
        PickleValue text =
                value instanceof InstanceNode call && call.isCallOf("_codecs", "encode") ? call.argument(0) : value;
        if (!(text instanceof PickleValue.Text latin)) {
            return null;
        }
        table.heap(3 * latin.byteSize());
        return MemorySegment.ofArray(latin.value().getBytes(StandardCharsets.ISO_8859_1));
    }
}
