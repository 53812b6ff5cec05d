package dev.modelfile.gguf;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.OpaqueType;
import dev.modelfile.gguf.quant.BlockCodec;
import dev.modelfile.gguf.quant.IQ1_M;
import dev.modelfile.gguf.quant.IQ1_S;
import dev.modelfile.gguf.quant.IQ2_S;
import dev.modelfile.gguf.quant.IQ2_XS;
import dev.modelfile.gguf.quant.IQ2_XXS;
import dev.modelfile.gguf.quant.IQ3_S;
import dev.modelfile.gguf.quant.IQ3_XXS;
import dev.modelfile.gguf.quant.IQ4_NL;
import dev.modelfile.gguf.quant.IQ4_XS;
import dev.modelfile.gguf.quant.MXFP4;
import dev.modelfile.gguf.quant.NVFP4;
import dev.modelfile.gguf.quant.Q1_0;
import dev.modelfile.gguf.quant.Q2_0;
import dev.modelfile.gguf.quant.Q2_K;
import dev.modelfile.gguf.quant.Q3_K;
import dev.modelfile.gguf.quant.Q4_0;
import dev.modelfile.gguf.quant.Q4_1;
import dev.modelfile.gguf.quant.Q4_K;
import dev.modelfile.gguf.quant.Q5_0;
import dev.modelfile.gguf.quant.Q5_1;
import dev.modelfile.gguf.quant.Q5_K;
import dev.modelfile.gguf.quant.Q6_K;
import dev.modelfile.gguf.quant.Q8_0;
import dev.modelfile.gguf.quant.Q8_1;
import dev.modelfile.gguf.quant.Q8_K;
import dev.modelfile.gguf.quant.TQ1_0;
import dev.modelfile.gguf.quant.TQ2_0;
import dev.modelfile.gguf.simd.Vectors;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The quantised element types of ggml, as GGUF files name them by number.
///
/// Decoding gives the floats that ggml's C code gives, and encoding the bytes that `ggml_quantize_chunk` writes, bit
/// for bit, where that code is compiled without fused multiply-add. Field lists below are in the order of the bytes of
/// a block; multi-byte fields are little-endian; `f16` is IEEE half precision. Layouts are those of `ggml-common.h`,
/// arithmetic that of `ggml-quants.c`, both as of llama.cpp in September 2026.
///
/// Plain elements (F32, F16, BF16, F64, integers) have numbers too, but are [dev.modelfile.ScalarType]s: [#byId] knows
/// both.
public enum GgmlType implements BlockType {
    /// 4.5 bits: `d f16; qs[16]`, value `(q - 8) * d`.
    Q4_0(2, 32, 18, new Q4_0()),
    /// 5 bits: `d f16; m f16; qs[16]`, value `q * d + m`.
    Q4_1(3, 32, 20, new Q4_1()),
    /// 5.5 bits: `d f16; qh u32; qs[16]`, value `(q - 16) * d`.
    Q5_0(6, 32, 22, new Q5_0()),
    /// 6 bits: `d f16; m f16; qh u32; qs[16]`, value `q * d + m`.
    Q5_1(7, 32, 24, new Q5_1()),
    /// 8.5 bits: `d f16; qs i8[32]`, value `q * d`.
    Q8_0(8, 32, 34, new Q8_0()),
    /// 9 bits: `d f16; s f16; qs i8[32]`, value `q * d`; `s` is `d` times the sum of `qs`. For intermediate results.
    Q8_1(9, 32, 36, new Q8_1()),
    /// 2.625 bits: `scales[16]; qs[64]; d f16; dmin f16`.
    Q2_K(10, 256, 84, new Q2_K()),
    /// 3.4375 bits: `hmask[32]; qs[64]; scales[12]; d f16`.
    Q3_K(11, 256, 110, new Q3_K()),
    /// 4.5 bits: `d f16; dmin f16; scales[12]; qs[128]`.
    Q4_K(12, 256, 144, new Q4_K()),
    /// 5.5 bits: `d f16; dmin f16; scales[12]; qh[32]; qs[128]`.
    Q5_K(13, 256, 176, new Q5_K()),
    /// 6.5625 bits: `ql[128]; qh[64]; scales i8[16]; d f16`.
    Q6_K(14, 256, 210, new Q6_K()),
    /// 9.125 bits: `d f32; qs i8[256]; bsums i16[16]`, value `d * q`. For intermediate results.
    Q8_K(15, 256, 292, new Q8_K()),
    /// 2.0625 bits: `d f16; qs u32[8][2]`. Encoding needs an importance matrix.
    IQ2_XXS(16, 256, 66, new IQ2_XXS()),
    /// 2.3125 bits: `d f16; qs u16[32]; scales[8]`. Encoding needs an importance matrix.
    IQ2_XS(17, 256, 74, new IQ2_XS()),
    /// 3.0625 bits: `d f16; qs[64]; scales_and_signs u32[8]`.
    IQ3_XXS(18, 256, 98, new IQ3_XXS()),
    /// 1.5625 bits: `d f16; qs[32]; qh u16[8]`. Encoding needs an importance matrix.
    IQ1_S(19, 256, 50, new IQ1_S()),
    /// 4.5 bits: `d f16; qs[16]`, value `d * level[q]` with sixteen uneven levels.
    IQ4_NL(20, 32, 18, new IQ4_NL()),
    /// 3.4375 bits: `d f16; qs[64]; qh[8]; signs[32]; scales[4]`.
    IQ3_S(21, 256, 110, new IQ3_S()),
    /// 2.5625 bits: `d f16; qs[32]; signs[32]; qh[8]; scales[8]`.
    IQ2_S(22, 256, 82, new IQ2_S()),
    /// 4.25 bits: `d f16; scales_h u16; scales_l[4]; qs[128]`.
    IQ4_XS(23, 256, 136, new IQ4_XS()),
    /// 1.75 bits: `qs[32]; qh[16]; scales u16[4]`, with `d` in the top bits of `scales`.
    IQ1_M(29, 256, 56, new IQ1_M()),
    /// 1.6875 bits: `qs[48]; qh[4]; d f16`, five ternary digits to a byte.
    TQ1_0(34, 256, 54, new TQ1_0()),
    /// 2.0625 bits: `qs[64]; d f16`, ternary digits in two bits each.
    TQ2_0(35, 256, 66, new TQ2_0()),
    /// 4.25 bits: `e u8; qs[16]`, the OCP microscaling format with E2M1 elements and a shared power of two.
    MXFP4(39, 32, 17, new MXFP4()),
    /// 4.5 bits: `d u8[4]; qs[32]`, E2M1 elements with an unsigned E4M3 scale per 16.
    NVFP4(40, 64, 36, new NVFP4()),
    /// 1.125 bits: `d f16; qs[16]`, value `d` or `-d`.
    Q1_0(41, 128, 18, new Q1_0()),
    /// 2.25 bits: `d f16; qs[16]`, value `(q - 1) * d`.
    Q2_0(42, 64, 18, new Q2_0());

    /// How many bytes are copied out of a segment at a time: enough to hide the call, and they stay in the first cache.
    private static final int CHUNK = 8192;

    private final int id;
    private final int blockElements;
    private final int blockBytes;
    private final BlockCodec codec;

    GgmlType(int id, int blockElements, int blockBytes, BlockCodec codec) {
        this.id = id;
        this.blockElements = blockElements;
        this.blockBytes = blockBytes;
        this.codec = Vectors.codec(codec);
    }

    /// The number by which files name this type.
    public int id() {
        return id;
    }

    /// The type that a file names by number.
    ///
    /// @return a [dev.modelfile.ScalarType] for plain numbers, a [GgmlType] for blocks; for types that ggml has removed
    ///     an [OpaqueType] such as `Q4_2 (removed)`, and for numbers that are not known one such as `GGML_99`
    public static DType byId(int id) {
        return TypeIds.type(id);
    }

    /// The number of a type in GGUF files, the reverse of [#byId]; empty if GGUF has no such type.
    public static Optional<Integer> idOf(DType type) {
        return TypeIds.id(type);
    }

    /// What became of a type that ggml has removed; empty for any other number.
    public static Optional<String> removed(int id) {
        return TypeIds.removed(id);
    }

    @Override
    public int blockElements() {
        return blockElements;
    }

    @Override
    public int blockBytes() {
        return blockBytes;
    }

    /// True for IQ2_XXS, IQ2_XS and IQ1_S, as in ggml. (Programs may ask for more: llama-quantize also insists for
    /// IQ2_S, IQ3_XXS and IQ1_M.)
    @Override
    public boolean needsImportance() {
        return this == IQ2_XXS || this == IQ2_XS || this == IQ1_S;
    }

    /// @throws IllegalArgumentException if `elements` does not fill blocks
    /// @throws IndexOutOfBoundsException if blocks or elements do not fit their containers
    @Override
    public void decode(MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
        requireBlocks(elements);
        Objects.checkFromIndexSize(targetOffset, elements, target.length);
        int blocks = elements / blockElements;
        int step = Math.min(blocks, CHUNK / blockBytes);
        byte[] bytes = new byte[step * blockBytes];
        long from = sourceOffset;
        int to = targetOffset;
        for (int left = blocks; left > 0; left -= step) {
            int count = Math.min(left, step);
            int size = count * blockBytes;
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, from, bytes, 0, size);
            codec.decode(bytes, 0, target, to, count);
            from += size;
            to += count * blockElements;
        }
    }

    /// Encodes one whole row as `ggml_quantize_chunk` does; [#Q8_1] and [#Q8_K], which that function does not take, as
    /// their reference row quantisers do.
    ///
    /// @throws IllegalArgumentException if the row does not fill blocks, holds NaN or infinite values, or if its values
    ///     are so large that the search of an IQ type overflows; if an importance is missing, negative or not finite
    /// @throws IndexOutOfBoundsException if elements or blocks do not fit their containers
    @Override
    public void encode(
            float[] source,
            int sourceOffset,
            int elements,
            float @Nullable [] importance,
            MemorySegment target,
            long targetOffset) {
        requireBlocks(elements);
        Objects.checkFromIndexSize(sourceOffset, elements, source.length);
        requireFinite(source, sourceOffset, elements);
        if (importance != null) {
            requireWeights(importance, elements);
        } else if (needsImportance()) {
            throw new IllegalArgumentException(this + " cannot be encoded without an importance matrix: pass one weight"
                    + " per column, or choose a type that does not need one (IQ2_S, IQ3_XXS, Q2_K)");
        }
        int size = Math.multiplyExact(elements / blockElements, blockBytes);
        Objects.checkFromIndexSize(targetOffset, size, target.byteSize());
        byte[] blocks = new byte[size];
        codec.encode(source, sourceOffset, elements, importance, blocks);
        MemorySegment.copy(blocks, 0, target, ValueLayout.JAVA_BYTE, targetOffset, size);
    }

    private void requireBlocks(int elements) {
        if (elements < 0 || elements % blockElements != 0) {
            throw new IllegalArgumentException(
                    elements + " elements do not fill " + this + " blocks of " + blockElements + " elements");
        }
    }

    private void requireFinite(float[] source, int from, int elements) {
        int largest = Vectors.largestMagnitude(source, from, elements);
        if (largest < Float.floatToRawIntBits(Float.POSITIVE_INFINITY)) {
            return;
        }
        int i = from;
        while (Float.isFinite(source[i])) {
            i++;
        }
        throw new IllegalArgumentException(
                this + " cannot hold " + source[i] + ", which is element " + (i - from) + " of the row");
    }

    private static void requireWeights(float[] importance, int elements) {
        if (importance.length < elements) {
            throw new IllegalArgumentException(
                    "the importance matrix row has " + importance.length + " weights for " + elements + " elements");
        }
        for (int i = 0; i < elements; i++) {
            if (!(importance[i] >= 0 && importance[i] <= Float.MAX_VALUE)) {
                throw new IllegalArgumentException(
                        "importance " + i + " is " + importance[i] + "; weights must be finite and not negative");
            }
        }
    }
}
