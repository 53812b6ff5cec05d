package dev.modelfile.gguf.mix;

import dev.modelfile.gguf.container.Names;
import java.util.Arrays;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The order in which llama.cpp goes through the tensors of a model: by layer, what belongs to none first, then by the
/// bytes of the name.
public final class Order {
    private static final Pattern LAYER = Pattern.compile("^blk\\.(\\d{1,9})\\.");

    /// Compares tensor names.
    public static final Comparator<String> BY_LAYER =
            Comparator.comparingInt(Order::layer).thenComparing((a, b) -> bytes(a, b));

    private Order() {}

    private static int layer(String name) {
        Matcher matcher = LAYER.matcher(name);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    private static int bytes(String a, String b) {
        return Arrays.compareUnsigned(Names.encode(a), Names.encode(b));
    }
}
