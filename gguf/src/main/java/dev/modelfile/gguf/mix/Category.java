package dev.modelfile.gguf.mix;

import java.util.List;

/// The part that a tensor plays, judged by its name.
public enum Category {
    /// `output.weight`.
    OUTPUT,
    /// `token_embd.weight` and `per_layer_token_embd.weight`.
    TOKEN_EMBEDDING,
    /// Values of attention, also those fused with keys or queries.
    VALUE,
    /// Keys of attention.
    KEY,
    /// Queries of attention.
    QUERY,
    /// The projection behind attention.
    ATTENTION_OUTPUT,
    /// `ffn_up`, of experts too.
    FFN_UP,
    /// `ffn_gate`, of experts too.
    FFN_GATE,
    /// `ffn_down`, of experts too.
    FFN_DOWN,
    /// Anything else.
    OTHER;

    private record Part(String text, Category category) {}

    private static final List<Part> PARTS = List.of(
            new Part("attn_qkv.weight", VALUE),
            new Part("attn_kv_b.weight", VALUE),
            new Part("attn_v.weight", VALUE),
            new Part("attn_k.weight", KEY),
            new Part("attn_q.weight", QUERY),
            new Part("attn_output.weight", ATTENTION_OUTPUT),
            new Part("ffn_up", FFN_UP),
            new Part("ffn_gate", FFN_GATE),
            new Part("ffn_down", FFN_DOWN));

    /// The category of a tensor name; the first part that it contains counts.
    public static Category of(String name) {
        if (name.equals("output.weight")) {
            return OUTPUT;
        }
        if (name.equals("token_embd.weight") || name.equals("per_layer_token_embd.weight")) {
            return TOKEN_EMBEDDING;
        }
        return PARTS.stream()
                .filter(part -> name.contains(part.text()))
                .map(Part::category)
                .findFirst()
                .orElse(OTHER);
    }
}
