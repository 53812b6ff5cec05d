package dev.modelfile.cli.values;

import dev.modelfile.ScalarType;
import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.TensorSource;
import dev.modelfile.spi.WritePlan;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// A tensor as a file of NumPy's format 1.0 (or 2.0 for very long shapes), or as its bare bytes.
///
/// Types that NumPy does not have are widened: small floats, BF16 and blocks to `float32`, packed integers to bytes.
public final class NpyFile {
    private static final int UNIT = 64;

    private NpyFile() {}

    /// The bytes of a tensor as stored, and nothing else.
    public static WritePlan raw(String name, Tensor tensor) {
        return new WritePlan(
                List.of(new WritePlan.File(name, tensor.byteSize(), List.of(WritePlan.Section.of(0, tensor)))));
    }

    /// A NumPy file.
    ///
    /// @throws IllegalArgumentException if the elements cannot be had as numbers
    public static WritePlan plan(String name, Tensor tensor) {
        TensorSource source = tensor.as(nearest(tensor));
        MemorySegment header = MemorySegment.ofArray(header((ScalarType) source.dtype(), tensor.shape()));
        long end = Math.addExact(header.byteSize(), source.byteSize());
        return new WritePlan(List.of(new WritePlan.File(
                name, end, List.of(WritePlan.Section.of(0, header), WritePlan.Section.of(header.byteSize(), source)))));
    }

    private static ScalarType nearest(Tensor tensor) {
        if (!(tensor.dtype() instanceof ScalarType type)) {
            return ScalarType.F32;
        }
        return switch (type) {
            case I4, I2 -> ScalarType.I8;
            case U4, U2 -> ScalarType.U8;
            case BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F16, F32, F64, C64, C128 -> type;
            default -> ScalarType.F32;
        };
    }

    private static String code(ScalarType type) {
        int bytes = type.bits() / 8;
        return switch (type.kind()) {
            case BOOL -> "|b1";
            case SIGNED -> (bytes == 1 ? "|i" : "<i") + bytes;
            case UNSIGNED -> (bytes == 1 ? "|u" : "<u") + bytes;
            case FLOAT -> "<f" + bytes;
            case COMPLEX -> "<c" + bytes;
        };
    }

    private static byte[] header(ScalarType type, Shape shape) {
        String dims =
                LongStream.of(shape.toArray()).mapToObj(Long::toUnsignedString).collect(Collectors.joining(", "));
        String dictionary = "{'descr': '" + code(type) + "', 'fortran_order': False, 'shape': (" + dims
                + (shape.rank() == 1 ? ",), }" : "), }");
        int prefix = dictionary.length() < 65_000 ? 10 : 12;
        int length = (prefix + dictionary.length() + 1 + UNIT - 1) / UNIT * UNIT - prefix;
        byte[] header = (" ".repeat(prefix) + dictionary + " ".repeat(length - dictionary.length() - 1) + "\n")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] magic = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) (prefix == 10 ? 1 : 2), 0};
        System.arraycopy(magic, 0, header, 0, magic.length);
        for (int i = magic.length; i < prefix; i++) {
            header[i] = (byte) (length >>> 8 * (i - magic.length));
        }
        return header;
    }
}
