package dev.modelfile.gguf.simd;

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

/// Pairs each scalar codec with the one that has vector kernels.
final class VectorCodecs {

    private VectorCodecs() {}

    static BlockCodec codec(BlockCodec scalar) {
        return switch (scalar) {
            case Q4_0 s -> new VectorQ4_0(s);
            case Q4_1 s -> new VectorQ4_1(s);
            case Q5_0 s -> new VectorQ5_0(s);
            case Q5_1 s -> new VectorQ5_1(s);
            case Q8_0 s -> new VectorQ8_0(s);
            case Q8_1 s -> new VectorQ8_1(s);
            case Q8_K s -> new VectorQ8_K(s);
            case Q2_K s -> new VectorQ2_K(s);
            case Q3_K s -> new VectorQ3_K(s);
            case Q4_K s -> new VectorQ4_K(s);
            case Q5_K s -> new VectorQ5_K(s);
            case Q6_K s -> new VectorQ6_K(s);
            case IQ2_XXS s -> new VectorIQ2_XXS(s);
            case IQ2_XS s -> new VectorIQ2_XS(s);
            case IQ2_S s -> new VectorIQ2_S(s);
            case IQ3_XXS s -> new VectorIQ3_XXS(s);
            case IQ3_S s -> new VectorIQ3_S(s);
            case IQ1_S s -> new VectorIQ1_S(s);
            case IQ1_M s -> new VectorIQ1_M(s);
            case IQ4_NL s -> new VectorIQ4_NL(s);
            case IQ4_XS s -> new VectorIQ4_XS(s);
            case TQ1_0 s -> new VectorTQ1_0(s);
            case TQ2_0 s -> new VectorTQ2_0(s);
            case MXFP4 s -> new VectorMXFP4(s);
            case NVFP4 s -> new VectorNVFP4(s);
            case Q1_0 s -> new VectorQ1_0(s);
            case Q2_0 s -> new VectorQ2_0(s);
            default -> scalar;
        };
    }
}
