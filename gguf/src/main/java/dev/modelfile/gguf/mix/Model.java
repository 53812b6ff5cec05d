package dev.modelfile.gguf.mix;

import dev.modelfile.Metadata;
import dev.modelfile.Value;

/// What the rules ask of a model.
///
/// @param architecture such as `llama`
/// @param layers number of layers
/// @param experts number of experts, 0 if there are none
/// @param heads attention heads of the first layer
/// @param keyHeads key and value heads of the first layer
/// @param tied whether there is no `output.weight`, so that the token embedding takes its part
/// @param values number of tensors that hold attention values
public record Model(String architecture, int layers, int experts, int heads, int keyHeads, boolean tied, int values) {

    /// Reads the numbers from a model's metadata.
    public static Model of(Metadata metadata, Iterable<String> names) {
        String architecture =
                metadata.find("general.architecture").map(Value::toString).orElse("");
        boolean tied = true;
        int values = 0;
        for (String name : names) {
            Category category = Category.of(name);
            tied &= category != Category.OUTPUT;
            values += category == Category.VALUE ? 1 : 0;
        }
        int heads = number(metadata, architecture + ".attention.head_count", 0);
        return new Model(
                architecture,
                number(metadata, architecture + ".block_count", 0),
                number(metadata, architecture + ".expert_count", 0),
                heads,
                number(metadata, architecture + ".attention.head_count_kv", heads),
                tied,
                values);
    }

    private static int number(Metadata metadata, String key, int otherwise) {
        Value value = metadata.find(key).orElse(Value.u32(otherwise));
        if (value instanceof Value.Array array && array.size() > 0) {
            value = array.get(0);
        }
        return value instanceof Value.Int number && number.bits() >= 0 && number.bits() <= Integer.MAX_VALUE
                ? (int) number.bits()
                : otherwise;
    }

    boolean falcon() {
        return architecture.equals("falcon");
    }

    /// Whether four or more query heads share keys and values.
    boolean manyQueries() {
        return keyHeads > 0 && heads / keyHeads >= 4;
    }

    /// The shape that llama.cpp calls 70B.
    boolean is70B() {
        return architecture.equals("llama") && layers == 80 && heads != keyHeads;
    }
}
