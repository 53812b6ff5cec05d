package dev.modelfile.gguf.mix;

import dev.modelfile.Shape;
import java.util.List;
import java.util.Set;

/// The tensors that are never quantised: vectors, norms, and small or delicate matrices.
public final class Exempt {
    private static final Set<String> NAMES = Set.of("position_embd.weight", "token_types.weight");

    private static final List<String> PARTS = List.of(
            "_norm.weight",
            "ffn_gate_inp.weight",
            "ffn_gate_tid2eid.weight",
            "altup",
            "laurel",
            "per_layer_model_proj",
            "ssm_conv1d",
            "shortconv.conv.weight",
            "indexer.k_proj.weight",
            "indexer.q_proj.weight",
            "time_mix_first.weight",
            "time_mix_w0.weight",
            "time_mix_w1.weight",
            "time_mix_w2.weight",
            "time_mix_v0.weight",
            "time_mix_v1.weight",
            "time_mix_v2.weight",
            "time_mix_a0.weight",
            "time_mix_a1.weight",
            "time_mix_a2.weight",
            "time_mix_g1.weight",
            "time_mix_g2.weight",
            "time_mix_decay_w1.weight",
            "time_mix_decay_w2.weight",
            "time_mix_lerp_fused.weight",
            "attn_rel_b.weight",
            ".position_embd",
            "sam.pos_embd",
            "sam.neck.",
            "sam.net_",
            ".rel_pos",
            ".patch_embd",
            ".patch_merger",
            "a.rvq.codebook",
            "mm.a.code_embd");

    private Exempt() {}

    /// Whether a tensor keeps its type whatever the mix.
    public static boolean contains(String name, Shape shape) {
        return dimensions(shape) < 2
                || !name.endsWith("weight")
                || NAMES.contains(name)
                || PARTS.stream().anyMatch(name::contains);
    }

    /// The number of dimensions as ggml counts them: outermost ones of 1 do not count.
    private static int dimensions(Shape shape) {
        int outermost = 0;
        while (outermost < shape.rank() && shape.dim(outermost) == 1) {
            outermost++;
        }
        return shape.rank() - outermost;
    }
}
