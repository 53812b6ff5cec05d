package dev.modelfile.onnx.schema;

import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import dev.modelfile.onnx.tensor.DataType;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Span;
import dev.modelfile.onnx.wire.WireCursor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads a `TypeProto`: nested types from the outside in, without recursion.
public final class Types {
    private static final int TENSOR = 1;
    private static final int SEQUENCE = 4;
    private static final int MAP = 5;
    private static final int OPAQUE = 7;
    private static final int SPARSE = 8;
    private static final int OPTIONAL = 9;

    private final Walker walker;
    private final StringBuilder text = new StringBuilder();
    private final List<String> dims = new ArrayList<>();
    private boolean ranked;

    private Types(Walker walker) {
        this.walker = walker;
    }

    /// A type as text, with the dimensions of a tensor.
    ///
    /// @param text as in `sequence(FLOAT)`; `?` if nothing is said
    /// @param dims the dimensions
    /// @param ranked whether there is a shape
    public record Type(String text, List<String> dims, boolean ranked) {}

    /// Reads a type.
    ///
    /// @throws ModelFormatException if it is broken or nested too deeply
    public static Type read(Walker walker, Message type) throws ModelFormatException {
        Types types = new Types(walker);
        Message inner = type;
        int depth = 0;
        while (inner != null) {
            if (++depth > walker.limits().maxDepth()) {
                Region file = walker.file();
                throw file.limit(
                        "maxDepth",
                        "type",
                        type.offset(),
                        "more than " + walker.limits().maxDepth());
            }
            inner = types.layer(inner);
        }
        if (types.text.isEmpty() || types.text.charAt(types.text.length() - 1) == '(') {
            types.text.append('?');
        }
        long open = types.text.chars().filter(c -> c == '(').count();
        types.text.repeat(")", (int) open);
        return new Type(types.text.toString(), types.dims, types.ranked);
    }

    /// Appends one layer.
    ///
    /// @return the type inside, null if there is none
    private @Nullable Message layer(Message type) throws ModelFormatException {
        int member = 0;
        List<Span> spans = new ArrayList<>();
        WireCursor at = walker.cursor(type);
        while (at.next()) {
            Kind.Field field = Kind.TYPE.field(at.field(), at.type());
            if (field == null || field.child() == null) {
                continue;
            }
            // A oneof: another member takes the place of the one before.
            if (at.field() != member) {
                spans.clear();
                member = at.field();
            }
            walker.gather(spans, at.child());
        }
        Message content = new Message(spans);
        return switch (member) {
            case TENSOR -> tensor(content, "");
            case SPARSE -> tensor(content, "sparse(");
            case SEQUENCE -> nested(content, "sequence(", 1);
            case OPTIONAL -> nested(content, "optional(", 1);
            case MAP -> nested(content, "map(" + DataType.nameOf((int) number(content, 1)) + ", ", 2);
            case OPAQUE -> opaque(content);
            default -> null;
        };
    }

    private @Nullable Message tensor(Message content, String before) throws ModelFormatException {
        text.append(before).append(DataType.nameOf((int) number(content, 1)));
        Message shape = walker.merged(content, 2);
        ranked = !shape.spans().isEmpty();
        WireCursor at = walker.cursor(shape);
        while (at.next()) {
            if (at.field() == 1 && at.type() == WireCursor.LENGTH_DELIMITED) {
                if (dims.size() >= walker.limits().maxRank()) {
                    Region file = walker.file();
                    throw file.limit(
                            "maxRank",
                            "type",
                            at.start(),
                            "more than " + walker.limits().maxRank());
                }
                dims.add(dimension(Message.of(at.child())));
            }
        }
        return null;
    }

    private String dimension(Message dim) throws ModelFormatException {
        String value = "?";
        WireCursor at = walker.cursor(dim);
        while (at.next()) {
            if (at.field() == 1 && at.type() == WireCursor.VARINT) {
                value = Long.toString(at.value());
            } else if (at.field() == 2 && at.type() == WireCursor.LENGTH_DELIMITED) {
                String name = text(at);
                value = name.isEmpty() ? "?" : name;
            }
        }
        return value;
    }

    private @Nullable Message nested(Message content, String before, int field) throws ModelFormatException {
        text.append(before);
        Message inner = walker.merged(content, field);
        return inner.spans().isEmpty() ? null : inner;
    }

    private @Nullable Message opaque(Message content) throws ModelFormatException {
        String domain = "";
        String name = "";
        WireCursor at = walker.cursor(content);
        while (at.next()) {
            if (at.type() == WireCursor.LENGTH_DELIMITED && at.field() == 1) {
                domain = text(at);
            } else if (at.type() == WireCursor.LENGTH_DELIMITED && at.field() == 2) {
                name = text(at);
            }
        }
        text.append("opaque ").append((domain + "." + name).replaceAll("[()]", "_"));
        return null;
    }

    private String text(WireCursor at) throws ModelFormatException {
        walker.charge(2 * at.length(), at.start());
        return walker.text(at.valueStart(), at.length());
    }

    private long number(Message message, int field) throws ModelFormatException {
        long value = 0;
        WireCursor at = walker.cursor(message);
        while (at.next()) {
            value = at.field() == field && at.type() == WireCursor.VARINT ? at.value() : value;
        }
        return value;
    }
}
