package dev.modelfile.gguf;

import dev.modelfile.DType;
import dev.modelfile.ScalarType;
import java.util.Locale;
import java.util.Optional;

/// What a model is quantised to: the values of `general.file_type` (`enum llama_ftype`) that exist today, with the type
/// that most tensors get. What the others get is up to the mix of that name, see [Quantization].
public enum FileType {
    /// Single precision.
    F32(0, ScalarType.F32),
    /// Half precision.
    F16(1, ScalarType.F16),
    /// 4.5 bits.
    Q4_0(2, GgmlType.Q4_0),
    /// 5 bits.
    Q4_1(3, GgmlType.Q4_1),
    /// 8.5 bits.
    Q8_0(7, GgmlType.Q8_0),
    /// 5.5 bits.
    Q5_0(8, GgmlType.Q5_0),
    /// 6 bits.
    Q5_1(9, GgmlType.Q5_1),
    /// Q2_K, attention values and some more in Q3_K or Q4_K.
    Q2_K(10, GgmlType.Q2_K),
    /// Q3_K throughout.
    Q3_K_S(11, GgmlType.Q3_K),
    /// Q3_K with more for attention values and `ffn_down`.
    Q3_K_M(12, GgmlType.Q3_K),
    /// Q3_K with still more.
    Q3_K_L(13, GgmlType.Q3_K),
    /// Q4_K with more in the first layers.
    Q4_K_S(14, GgmlType.Q4_K),
    /// Q4_K with Q6_K for half of the attention values and `ffn_down`.
    Q4_K_M(15, GgmlType.Q4_K),
    /// Q5_K throughout.
    Q5_K_S(16, GgmlType.Q5_K),
    /// Q5_K with Q6_K for half of the attention values and `ffn_down`.
    Q5_K_M(17, GgmlType.Q5_K),
    /// Q6_K throughout.
    Q6_K(18, GgmlType.Q6_K),
    /// IQ2_XXS.
    IQ2_XXS(19, GgmlType.IQ2_XXS),
    /// IQ2_XS.
    IQ2_XS(20, GgmlType.IQ2_XS),
    /// Q2_K, with an importance matrix.
    Q2_K_S(21, GgmlType.Q2_K),
    /// IQ3_S and IQ3_XXS.
    IQ3_XS(22, GgmlType.IQ3_S),
    /// IQ3_XXS.
    IQ3_XXS(23, GgmlType.IQ3_XXS),
    /// IQ1_S.
    IQ1_S(24, GgmlType.IQ1_S),
    /// IQ4_NL.
    IQ4_NL(25, GgmlType.IQ4_NL),
    /// IQ3_S.
    IQ3_S(26, GgmlType.IQ3_S),
    /// IQ3_S with more for some.
    IQ3_M(27, GgmlType.IQ3_S),
    /// IQ2_XS with more for some; not, as the name says, IQ2_S.
    IQ2_S(28, GgmlType.IQ2_XS),
    /// IQ2_S with more for some.
    IQ2_M(29, GgmlType.IQ2_S),
    /// IQ4_XS.
    IQ4_XS(30, GgmlType.IQ4_XS),
    /// IQ1_M.
    IQ1_M(31, GgmlType.IQ1_M),
    /// bfloat16.
    BF16(32, ScalarType.BF16),
    /// Ternary.
    TQ1_0(36, GgmlType.TQ1_0),
    /// Ternary, faster.
    TQ2_0(37, GgmlType.TQ2_0),
    /// MXFP4 for experts, Q8_0 for the rest.
    MXFP4_MOE(38, GgmlType.MXFP4),
    /// NVFP4; written by converters, there is no mix for it.
    NVFP4(39, GgmlType.NVFP4),
    /// One bit and a scale.
    Q1_0(40, GgmlType.Q1_0),
    /// Two bits and a scale.
    Q2_0(41, GgmlType.Q2_0);

    private final int id;
    private final DType base;

    FileType(int id, DType base) {
        this.id = id;
        this.base = base;
    }

    /// The value of `general.file_type`.
    public int id() {
        return id;
    }

    /// The type that a tensor gets if no rule says otherwise.
    public DType base() {
        return base;
    }

    /// The file type of a number; the flag 1024, which says that it was guessed, is ignored.
    public static Optional<FileType> byId(long id) {
        for (FileType type : values()) {
            if (type.id == (id & ~1024L)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }

    /// The file type of a name as llama-quantize takes it: case does not count, and `Q3_K`, `Q4_K`, `Q5_K` mean the
    /// medium mix.
    public static Optional<FileType> named(String name) {
        String wanted = name.toUpperCase(Locale.ROOT);
        String full = switch (wanted) {
            case "Q3_K", "Q4_K", "Q5_K" -> wanted + "_M";
            default -> wanted;
        };
        for (FileType type : values()) {
            if (type.name().equals(full)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
