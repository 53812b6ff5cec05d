package dev.modelfile.onnx.tensor;

import dev.modelfile.DType;
import dev.modelfile.OpaqueType;
import dev.modelfile.ScalarType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `TensorProto.DataType`: each type's number, the field that holds its elements when they are not in `raw_data`, and
/// how many bytes one entry of that field becomes. Four- and two-bit types have two or four elements to an entry, first
/// in the lowest bits; complex types have two entries to an element.
public enum DataType {
    /// 32-bit float, in `float_data`.
    FLOAT(1, ScalarType.F32, 4, 4),
    /// Unsigned byte, in `int32_data`.
    UINT8(2, ScalarType.U8, 5, 1),
    /// Signed byte, in `int32_data`.
    INT8(3, ScalarType.I8, 5, 1),
    /// Unsigned 16-bit integer, in `int32_data`.
    UINT16(4, ScalarType.U16, 5, 2),
    /// Signed 16-bit integer, in `int32_data`.
    INT16(5, ScalarType.I16, 5, 2),
    /// Signed 32-bit integer, in `int32_data`.
    INT32(6, ScalarType.I32, 5, 4),
    /// Signed 64-bit integer, in `int64_data`.
    INT64(7, ScalarType.I64, 7, 8),
    /// Text, in `string_data` only.
    STRING(8, null, 6, 0),
    /// Truth value, in `int32_data`.
    BOOL(9, ScalarType.BOOL, 5, 1),
    /// Half precision float, its bits in `int32_data`.
    FLOAT16(10, ScalarType.F16, 5, 2),
    /// 64-bit float, in `double_data`.
    DOUBLE(11, ScalarType.F64, 10, 8),
    /// Unsigned 32-bit integer, in `uint64_data`.
    UINT32(12, ScalarType.U32, 11, 4),
    /// Unsigned 64-bit integer, in `uint64_data`.
    UINT64(13, ScalarType.U64, 11, 8),
    /// Two 32-bit floats, in `float_data`.
    COMPLEX64(14, ScalarType.C64, 4, 4),
    /// Two 64-bit floats, in `double_data`.
    COMPLEX128(15, ScalarType.C128, 10, 8),
    /// The upper half of a 32-bit float, its bits in `int32_data`.
    BFLOAT16(16, ScalarType.BF16, 5, 2),
    /// 8-bit float, its bits in `int32_data`.
    FLOAT8E4M3FN(17, ScalarType.F8_E4M3, 5, 1),
    /// 8-bit float, its bits in `int32_data`.
    FLOAT8E4M3FNUZ(18, ScalarType.F8_E4M3FNUZ, 5, 1),
    /// 8-bit float, its bits in `int32_data`.
    FLOAT8E5M2(19, ScalarType.F8_E5M2, 5, 1),
    /// 8-bit float, its bits in `int32_data`.
    FLOAT8E5M2FNUZ(20, ScalarType.F8_E5M2FNUZ, 5, 1),
    /// Unsigned 4-bit integer, two to an entry of `int32_data`.
    UINT4(21, ScalarType.U4, 5, 1),
    /// Signed 4-bit integer, two to an entry of `int32_data`.
    INT4(22, ScalarType.I4, 5, 1),
    /// 4-bit float, two to an entry of `int32_data`.
    FLOAT4E2M1(23, ScalarType.F4, 5, 1),
    /// 8-bit power of two, its bits in `int32_data`.
    FLOAT8E8M0(24, ScalarType.F8_E8M0, 5, 1),
    /// Unsigned 2-bit integer, four to an entry of `int32_data`.
    UINT2(25, ScalarType.U2, 5, 1),
    /// Signed 2-bit integer, four to an entry of `int32_data`.
    INT2(26, ScalarType.I2, 5, 1);

    /// The type of a tensor of text.
    public static final OpaqueType TEXT = new OpaqueType("STRING");

    private static final String UNKNOWN = "ONNX_";

    private final int id;
    private final @Nullable ScalarType scalar;
    private final int field;
    private final int entryBytes;

    DataType(int id, @Nullable ScalarType scalar, int field, int entryBytes) {
        this.id = id;
        this.scalar = scalar;
        this.field = field;
        this.entryBytes = entryBytes;
    }

    /// The type of a number, if it is known.
    public static Optional<DataType> of(int id) {
        return id >= 1 && id <= values().length ? Optional.of(values()[id - 1]) : Optional.empty();
    }

    /// The element type of a number in this library's terms.
    public static DType dtype(int id) {
        return of(id).<DType>map(DataType::dtype).orElseGet(() -> new OpaqueType(UNKNOWN + id));
    }

    /// The number that ONNX has for an element type, 0 if it has none.
    public static int idOf(DType dtype) {
        if (dtype instanceof OpaqueType opaque && opaque.name().matches(UNKNOWN + "-?\\d{1,10}")) {
            long id = Long.parseLong(opaque.name().substring(UNKNOWN.length()));
            return id == (int) id ? (int) id : 0;
        }
        for (DataType type : values()) {
            if (type.dtype().equals(dtype)) {
                return type.id;
            }
        }
        return 0;
    }

    /// The name of a number, for instance `FLOAT`.
    public static String nameOf(int id) {
        return of(id).map(DataType::name).orElse(id == 0 ? "UNDEFINED" : UNKNOWN + id);
    }

    /// The element type in this library's terms.
    public DType dtype() {
        return scalar == null ? TEXT : scalar;
    }

    /// The number.
    public int id() {
        return id;
    }

    /// The number of the field of `TensorProto` that holds elements of this type.
    public int field() {
        return field;
    }

    /// Bytes that one entry of the field becomes.
    public int entryBytes() {
        return entryBytes;
    }

    /// The first IR version that has the type.
    public int sinceIr() {
        return switch (this) {
            case BFLOAT16 -> 4;
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ -> 9;
            case UINT4, INT4 -> 10;
            case FLOAT4E2M1 -> 11;
            case FLOAT8E8M0 -> 12;
            case UINT2, INT2 -> 13;
            default -> 1;
        };
    }
}
