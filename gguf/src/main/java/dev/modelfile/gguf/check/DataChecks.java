package dev.modelfile.gguf.check;

import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.gguf.container.Names;
import dev.modelfile.gguf.container.Rules;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Looks for NaN and infinity in floats and in the scales of blocks, as ggml's `ggml_validate_row_data` does.
public final class DataChecks {
    private static final int BUFFER = 1 << 18;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private DataChecks() {}

    /// Whether one number or block is sound.
    private interface Check {
        boolean finite(MemorySegment bytes, long at);
    }

    /// The first number or block of a tensor that is not finite.
    ///
    /// @throws IOException if the data cannot be had
    public static Optional<Finding> notFinite(Tensor tensor) throws IOException {
        Check check = of(tensor.dtype());
        if (check == null) {
            return Optional.empty();
        }
        int unit = tensor.dtype().blockBytes();
        MemorySegment buffer = MemorySegment.ofArray(new byte[(int) Math.min(BUFFER / unit * unit, tensor.byteSize())]);
        for (long done = 0; done < tensor.byteSize(); done += buffer.byteSize()) {
            MemorySegment piece = buffer.asSlice(0, Math.min(buffer.byteSize(), tensor.byteSize() - done));
            tensor.readInto(done, piece);
            for (long at = 0; at < piece.byteSize(); at += unit) {
                if (!check.finite(piece, at)) {
                    return Optional.of(finding(tensor, done + at, unit));
                }
            }
        }
        return Optional.empty();
    }

    private static Finding finding(Tensor tensor, long at, int unit) {
        String what = tensor.dtype() instanceof GgmlType ? "the scale of block " : "element ";
        return new Finding(
                Rules.NOT_FINITE,
                Severity.WARNING,
                "tensor \"" + Names.shown(tensor.name()) + "\"",
                tensor.offset().isPresent() ? tensor.offset().getAsLong() + at : -1,
                what + at / unit + " is NaN or infinite; llama.cpp refuses it with --check-tensors");
    }

    private static @Nullable Check of(DType dtype) {
        return switch (dtype) {
            case ScalarType.F32 -> (bytes, at) -> f32(bytes.get(INT, at));
            case ScalarType.F16 -> DataChecks::f16;
            case ScalarType.BF16 -> (bytes, at) -> (bytes.get(SHORT, at) & 0x7F80) != 0x7F80;
            case ScalarType.F64 -> (bytes, at) -> (bytes.get(LONG, at) >>> 52 & 0x7FF) != 0x7FF;
            case GgmlType block -> ofBlock(block);
            default -> null;
        };
    }

    private static @Nullable Check ofBlock(GgmlType type) {
        int end = type.blockBytes();
        return switch (type) {
            case Q4_0, Q5_0, Q8_0, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ1_S, IQ4_NL, IQ4_XS, Q1_0, Q2_0 ->
                DataChecks::f16;
            case Q4_1, Q5_1, Q8_1, Q4_K, Q5_K -> (bytes, at) -> f16(bytes, at) && f16(bytes, at + 2);
            case Q2_K -> (bytes, at) -> f16(bytes, at + end - 4) && f16(bytes, at + end - 2);
            case Q3_K, Q6_K, TQ1_0, TQ2_0 -> (bytes, at) -> f16(bytes, at + end - 2);
            case Q8_K -> (bytes, at) -> f32(bytes.get(INT, at));
            case IQ1_M -> DataChecks::iq1m;
            case MXFP4 -> (bytes, at) -> bytes.get(ValueLayout.JAVA_BYTE, at) != (byte) 0xFF;
            case NVFP4 -> null;
        };
    }

    /// The scale is spread over the upper nibbles of four numbers; its exponent is in the last two.
    private static boolean iq1m(MemorySegment bytes, long at) {
        int high = bytes.get(SHORT, at + 54) & 0xF000;
        int low = (bytes.get(SHORT, at + 52) & 0xF000) >> 4;
        return ((high | low) & 0x7C00) != 0x7C00;
    }

    private static boolean f32(int bits) {
        return (bits & 0x7F80_0000) != 0x7F80_0000;
    }

    private static boolean f16(MemorySegment bytes, long at) {
        return (bytes.get(SHORT, at) & 0x7C00) != 0x7C00;
    }
}
