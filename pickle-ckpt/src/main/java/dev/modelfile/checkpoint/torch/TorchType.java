package dev.modelfile.checkpoint.torch;

import dev.modelfile.DType;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An element type as PyTorch names it.
///
/// @param name PyTorch's name, for instance `float32`
/// @param storage the typed storage class, for instance `FloatStorage`; empty for the types that only untyped storages
///     hold
/// @param dtype the type here
/// @param unit bytes of one unit of strides and offsets
/// @param packed elements of PyTorch's shape in one unit: 1 except for the packed quantised types
/// @param swap bytes that a big-endian machine writes in the other order
public record TorchType(String name, String storage, DType dtype, int unit, int packed, int swap) {
    private static final Map<String, TorchType> BY_NAME = new HashMap<>();
    private static final Map<String, TorchType> BY_STORAGE = new HashMap<>();
    private static final Map<DType, TorchType> BY_DTYPE = new HashMap<>();

    /// Bytes without a type.
    public static final TorchType BYTES = new TorchType("uint8", "UntypedStorage", ScalarType.U8, 1, 1, 1);

    static {
        typed("float64", "Double", ScalarType.F64, 8);
        typed("float32", "Float", ScalarType.F32, 4);
        typed("float16", "Half", ScalarType.F16, 2);
        typed("bfloat16", "BFloat16", ScalarType.BF16, 2);
        typed("int64", "Long", ScalarType.I64, 8);
        typed("int32", "Int", ScalarType.I32, 4);
        typed("int16", "Short", ScalarType.I16, 2);
        typed("int8", "Char", ScalarType.I8, 1);
        typed("uint8", "Byte", ScalarType.U8, 1);
        typed("bool", "Bool", ScalarType.BOOL, 1);
        add(new TorchType("complex128", "ComplexDoubleStorage", ScalarType.C128, 16, 1, 8));
        add(new TorchType("complex64", "ComplexFloatStorage", ScalarType.C64, 8, 1, 4));
        add(new TorchType("complex32", "", new OpaqueType("complex32"), 4, 1, 2));
        typed("qint8", "QInt8", ScalarType.I8, 1);
        typed("quint8", "QUInt8", ScalarType.U8, 1);
        typed("qint32", "QInt32", ScalarType.I32, 4);
        add(new TorchType("quint4x2", "QUInt4x2Storage", ScalarType.U4, 1, 2, 1));
        add(new TorchType("quint2x4", "QUInt2x4Storage", ScalarType.U2, 1, 4, 1));
        untyped("float8_e5m2", ScalarType.F8_E5M2, 1);
        untyped("float8_e4m3fn", ScalarType.F8_E4M3, 1);
        untyped("float8_e5m2fnuz", ScalarType.F8_E5M2FNUZ, 1);
        untyped("float8_e4m3fnuz", ScalarType.F8_E4M3FNUZ, 1);
        untyped("float8_e8m0fnu", ScalarType.F8_E8M0, 1);
        untyped("float4_e2m1fn_x2", ScalarType.F4, 1);
        untyped("uint16", ScalarType.U16, 2);
        untyped("uint32", ScalarType.U32, 4);
        untyped("uint64", ScalarType.U64, 8);
        untyped("bits16", new OpaqueType("bits16"), 2);
        for (String bits : new String[] {"bits8", "bits1x8", "bits2x4", "bits4x2"}) {
            untyped(bits, new OpaqueType(bits), 1);
        }
        BY_STORAGE.put(BYTES.storage, BYTES);
    }

    private static void typed(String name, String storage, DType dtype, int bytes) {
        add(new TorchType(name, storage + "Storage", dtype, bytes, 1, bytes));
    }

    private static void untyped(String name, DType dtype, int bytes) {
        add(new TorchType(name, "", dtype, bytes, 1, bytes));
    }

    private static void add(TorchType type) {
        BY_NAME.put(type.name, type);
        BY_DTYPE.putIfAbsent(type.dtype, type);
        if (!type.storage.isEmpty()) {
            BY_STORAGE.put(type.storage, type);
        }
    }

    /// The type of a name such as `float32`, or null.
    public static @Nullable TorchType named(String name) {
        return BY_NAME.get(name);
    }

    /// The type of a storage class such as `FloatStorage`, or null.
    public static @Nullable TorchType ofStorage(String storage) {
        return BY_STORAGE.get(storage);
    }

    /// The type that PyTorch has for one of ours, or null.
    public static @Nullable TorchType of(DType dtype) {
        return BY_DTYPE.get(dtype);
    }

    /// Whether two elements are packed into one element of PyTorch's shape.
    boolean isPair() {
        return dtype == ScalarType.F4;
    }
}
