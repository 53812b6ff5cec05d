package dev.modelfile.checkpoint.torch;

import dev.modelfile.Value;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.PackedItems;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.pickle.TextNode;
import dev.modelfile.spi.TextData;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Plain values as metadata.
final class Leaves {
    private static final int SHOWN = 200;
    private static final Set<String> PATHS =
            Set.of("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path");

    private Leaves() {}

    /// The metadata value of a leaf, or null if the value has parts.
    static @Nullable Value of(PickleValue value) {
        return switch (value) {
            case PickleValue.None none -> new Value.None();
            case PickleValue.Bool bool -> Value.of(bool.value());
            case PickleValue.Int number -> Value.of(number.value());
            case PickleValue.BigInt wide -> wide(wide.value());
            case PickleValue.Real real -> Value.of(real.value());
            case PickleValue.Text text -> text((TextNode) text);
            case PickleValue.Bytes bytes -> new ByteArray(bytes.bytes());
            case PickleValue.Global global -> new Value.Opaque("global", shown(global.toString()));
            case PickleValue.PersistentId id -> new Value.Opaque("persistent id", id.toString());
            case PickleValue.Opaque opaque -> new Value.Opaque(opaque.kind(), opaque.text());
            case PickleValue.Sequence sequence -> array((SequenceNode) sequence);
            case PickleValue.Dict dict -> null;
            case PickleValue.Instance instance -> known((InstanceNode) instance);
        };
    }

    private static Value wide(java.math.BigInteger wide) {
        boolean unsigned = wide.signum() > 0 && wide.bitLength() == 64;
        return unsigned ? Value.u64(wide.longValue()) : new Value.Opaque("int", shown(wide));
    }

    private static String shown(java.math.BigInteger wide) {
        return wide.bitLength() > 2048 ? "an integer of " + wide.bitLength() + " bits" : wide.toString();
    }

    /// A text made short.
    static String shown(String text) {
        return text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
    }

    /// Text; a long one stays in the file.
    private static Value text(TextNode text) {
        MemorySegment bytes = text.bytes();
        if (bytes != null && bytes.byteSize() > TextData.LONG) {
            TextData stored = TextData.of(bytes);
            if (stored.isUtf8()) {
                return Value.text(stored);
            }
        }
        return text(text.value());
    }

    /// Text that may hold lone surrogates, which become U+FFFD.
    static Value text(String text) {
        StringBuilder whole = new StringBuilder(text.length());
        text.codePoints().map(c -> c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c).forEach(whole::appendCodePoint);
        return Value.of(whole.toString());
    }

    /// A sequence of scalars; null if an item has parts.
    private static @Nullable Value array(SequenceNode sequence) {
        PackedItems packed = sequence.packed();
        if (packed != null) {
            return new PackedArray(packed);
        }
        List<Value> values = new ArrayList<>(sequence.size());
        for (int i = 0; i < sequence.size(); i++) {
            PickleValue item = sequence.get(i);
            boolean scalar = item instanceof PickleValue.None
                    || item instanceof PickleValue.Bool
                    || item instanceof PickleValue.Int
                    || item instanceof PickleValue.Real
                    || item instanceof PickleValue.Text;
            Value value = scalar ? of(item) : null;
            if (value == null) {
                return null;
            }
            values.add(value);
        }
        return Value.array(values);
    }

    /// Numbers as an array.
    static Value longs(long[] numbers) {
        List<Value> values = new ArrayList<>(numbers.length);
        for (long number : numbers) {
            values.add(Value.of(number));
        }
        return Value.array(values);
    }

    /// The name that `_get_layout` is called with, or null.
    static @Nullable String layout(PickleValue value) {
        boolean call =
                value instanceof InstanceNode instance && instance.isCallOf("torch.serialization", "_get_layout");
        return call && ((InstanceNode) value).argument(0) instanceof PickleValue.Text text ? text.value() : null;
    }

    /// Objects of well-known classes that stand for one plain value.
    private static @Nullable Value known(InstanceNode instance) {
        if (!(instance.callable() instanceof PickleValue.Global what)) {
            return null;
        }
        PickleValue first = instance.argument(0);
        String layout = layout(instance);
        if (layout != null) {
            return new Value.Opaque("layout", layout);
        }
        if (PATHS.contains(what.name()) && what.module().startsWith("pathlib")) {
            return new Value.Opaque("path", path(instance));
        }
        return switch (what.toString()) {
            case "torch.device" -> new Value.Opaque("device", device(instance));
            case "torch.Size" -> first instanceof SequenceNode size ? array(size) : null;
            case "_codecs.encode" -> first instanceof PickleValue.Text text ? latin(text) : null;
            case "builtins.bytearray", "__builtin__.bytearray" -> bytearray(first);
            case "builtins.complex", "__builtin__.complex" -> complex(first, instance.argument(1));
            case "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset" ->
                first instanceof SequenceNode items ? array(items) : null;
            default -> null;
        };
    }

    private static @Nullable Value bytearray(@Nullable PickleValue first) {
        return switch (first) {
            case null -> new ByteArray(MemorySegment.ofArray(new byte[0]));
            case PickleValue.Text text -> latin(text);
            case PickleValue.Bytes bytes -> new ByteArray(bytes.bytes());
            case InstanceNode call when call.isCallOf("_codecs", "encode") -> known(call);
            default -> null;
        };
    }

    private static Value latin(PickleValue.Text text) {
        byte[] bytes = text.value().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        return new ByteArray(MemorySegment.ofArray(bytes));
    }

    private static String device(InstanceNode instance) {
        String type = instance.argument(0) instanceof PickleValue.Text text ? shown(text.value()) : "?";
        return instance.argument(1) instanceof PickleValue.Int index ? type + ":" + index.value() : type;
    }

    private static String path(InstanceNode instance) {
        StringBuilder path = new StringBuilder();
        for (int i = 0; instance.argument(i) instanceof PickleValue.Text part && path.length() < SHOWN; i++) {
            boolean separate = path.length() > 0 && path.charAt(path.length() - 1) != '/';
            path.append(separate ? "/" : "").append(shown(part.value()));
        }
        return path.toString();
    }

    private static @Nullable Value complex(@Nullable PickleValue real, @Nullable PickleValue imaginary) {
        return real instanceof PickleValue.Real re && imaginary instanceof PickleValue.Real im
                ? new Value.Opaque("complex", re.value() + (im.value() < 0 ? "" : "+") + im.value() + "j")
                : null;
    }
}
