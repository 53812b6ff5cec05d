package dev.modelfile.onnx.schema;

import dev.modelfile.ModelFormatException;
import dev.modelfile.Value;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Span;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.onnx.wire.WireCursor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A message on the way from the model to where the walk is.
public final class Frame {
    /// Names are shorter, and the paths that they make; what is longer counts as heap at each level.
    private static final int LONG = 4096;

    private final Walker walker;
    private final Kind kind;
    private final Message message;
    private final @Nullable Frame parent;
    private final int field;
    private final int index;
    private final int depth;
    private @Nullable WireCursor cursor;

    /// Singular messages wait until all their occurrences are known.
    private @Nullable Map<Kind.Field, List<Span>> held;

    private @Nullable Iterator<Map.Entry<Kind.Field, List<Span>>> ready;
    private int @Nullable [] counts;
    private @Nullable Map<Integer, String> texts;
    private @Nullable String scope;

    Frame(Walker walker, Kind kind, Message message, @Nullable Frame parent, int field, int index) {
        this.walker = walker;
        this.kind = kind;
        this.message = message;
        this.parent = parent;
        this.field = field;
        this.index = index;
        this.depth = parent == null ? 1 : parent.depth + 1;
    }

    /// Where the walk is in this message.
    WireCursor cursor() {
        if (cursor == null) {
            cursor = walker.cursor(message);
        }
        return cursor;
    }

    void hold(Kind.Field singular, Span span) throws ModelFormatException {
        if (held == null) {
            held = new LinkedHashMap<>();
        }
        walker.gather(held.computeIfAbsent(singular, f -> new ArrayList<>(1)), span);
    }

    @Nullable
    Frame nextHeld() {
        if (held == null) {
            return null;
        }
        if (ready == null) {
            ready = held.entrySet().iterator();
        }
        if (!ready.hasNext()) {
            return null;
        }
        var entry = ready.next();
        return child(entry.getKey(), new Message(entry.getValue()));
    }

    Frame child(Kind.Field at, Message content) {
        Kind childKind = Objects.requireNonNull(at.child());
        if (counts == null) {
            counts = new int[Kind.FIELDS];
        }
        return new Frame(walker, childKind, content, this, at.number(), counts[at.number()]++);
    }

    /// What message this is.
    public Kind kind() {
        return kind;
    }

    /// The message.
    public Message message() {
        return message;
    }

    /// The message around it, null for the model.
    public @Nullable Frame parent() {
        return parent;
    }

    /// The number of the field of the parent that holds it, 0 for the model.
    public int field() {
        return field;
    }

    /// How many of that field come before it.
    public int index() {
        return index;
    }

    /// How many messages enclose it, itself included.
    public int depth() {
        return depth;
    }

    /// Whether it is held by this field of a message of this kind.
    public boolean isIn(Kind parentKind, int number) {
        return parent != null && parent.kind == parentKind && field == number;
    }

    /// The value of a string field: the last that occurs, empty if none does.
    ///
    /// @throws ModelFormatException if the encoding is broken or the string is too long
    public String text(int number) throws ModelFormatException {
        if (texts == null) {
            texts = new LinkedHashMap<>();
        }
        String known = texts.get(number);
        if (known == null) {
            known = text(number, true);
            texts.put(number, known);
        }
        return known;
    }

    /// The value of an integer field: the last that occurs.
    ///
    /// @throws ModelFormatException if the encoding is broken
    public long number(int number, long absent) throws ModelFormatException {
        WireCursor fields = walker.cursor(message);
        long value = absent;
        while (fields.next()) {
            if (fields.field() == number && fields.type() == WireCursor.VARINT) {
                value = fields.value();
            }
        }
        return value;
    }

    /// All values of a repeated string field, in order.
    ///
    /// @throws ModelFormatException if the encoding is broken or a string is too long
    public List<String> texts(int number) throws ModelFormatException {
        List<String> found = new ArrayList<>();
        WireCursor fields = walker.cursor(message);
        while (fields.next()) {
            if (fields.field() == number && fields.type() == WireCursor.LENGTH_DELIMITED) {
                add(found, walker.text(fields.valueStart(), fields.length()), fields.start());
            }
        }
        return found;
    }

    /// The names, that is the first strings, of all messages in a field, in order.
    ///
    /// @throws ModelFormatException if the encoding is broken or a string is too long
    public List<String> names(int number) throws ModelFormatException {
        List<String> found = new ArrayList<>();
        WireCursor fields = walker.cursor(message);
        while (fields.next()) {
            if (fields.field() == number && fields.type() == WireCursor.LENGTH_DELIMITED) {
                add(found, walker.text(Message.of(fields.child()), 1), fields.start());
            }
        }
        return found;
    }

    private void add(List<String> found, String text, long offset) throws ModelFormatException {
        walker.charge(2L * text.length(), offset);
        found.add(text);
    }

    /// A fresh cursor over the fields of this message.
    public WireCursor fields() {
        return walker.cursor(message);
    }

    /// The first value of a repeated string field, empty if there is none.
    ///
    /// @throws ModelFormatException if the encoding is broken or the string is too long
    public String firstText(int number) throws ModelFormatException {
        return text(number, false);
    }

    /// The value of a string field as metadata: the last that occurs, empty if none does.
    ///
    /// @throws ModelFormatException if the encoding is broken or the string is too long
    public Value value(int number) throws ModelFormatException {
        Range range = find(number, true);
        return range == null ? Value.of("") : walker.value(range.start(), range.length());
    }

    private String text(int number, boolean last) throws ModelFormatException {
        Range range = find(number, last);
        return range == null ? "" : walker.text(range.start(), range.length());
    }

    /// Where a string is in the file.
    private record Range(long start, long length) {}

    private @Nullable Range find(int number, boolean last) throws ModelFormatException {
        WireCursor fields = walker.cursor(message);
        Range found = null;
        while ((last || found == null) && fields.next()) {
            if (fields.field() == number && fields.type() == WireCursor.LENGTH_DELIMITED) {
                found = new Range(fields.valueStart(), fields.length());
            }
        }
        return found;
    }

    /// Where in the model this is, readable and stable: graphs, nodes and attributes by name, without the main graph.
    /// For instance `decoder/If_3.then_branch`.
    ///
    /// @throws ModelFormatException if the encoding is broken or a name is too long
    public String scope() throws ModelFormatException {
        if (scope == null) {
            Deque<Frame> way = new ArrayDeque<>();
            for (Frame at = this; at != null && at.scope == null; at = at.parent) {
                way.push(at);
            }
            for (Frame at : way) {
                at.scope = at.join(at.parent == null ? "" : Objects.requireNonNull(at.parent.scope));
                if (at.scope.length() > LONG) {
                    walker.charge(2L * at.scope.length(), at.message.offset());
                }
            }
        }
        return Objects.requireNonNull(scope);
    }

    private String join(String outer) throws ModelFormatException {
        return switch (kind) {
            case MODEL -> "";
            case GRAPH -> graph(outer);
            case NODE -> slash(outer) + named(text(3).isEmpty() ? firstText(2) : text(3));
            case FUNCTION -> "function " + text(10) + "::" + text(1);
            case TRAINING -> "training[" + index + "]";
            case ATTRIBUTE -> outer + (isIn(Kind.FUNCTION, 11) ? "/" : ".") + named(text(1));
            case SPARSE -> isIn(Kind.GRAPH, 15) ? slash(outer) + named(valuesName()) : outer + many(23);
            case TENSOR -> tensor(outer);
            default -> outer;
        };
    }

    private String graph(String outer) {
        if (isIn(Kind.TRAINING, 1)) {
            return outer + ".initialization";
        }
        if (isIn(Kind.TRAINING, 2)) {
            return outer + ".algorithm";
        }
        return outer + many(11);
    }

    private String tensor(String outer) throws ModelFormatException {
        if (isIn(Kind.GRAPH, 5)) {
            return slash(outer) + text(8);
        }
        if (isIn(Kind.SPARSE, 1)) {
            return outer + ".values";
        }
        return isIn(Kind.SPARSE, 2) ? outer + ".indices" : outer + many(10);
    }

    /// The index of a member of a repeated attribute.
    private String many(int number) {
        return field == number && isIn(Kind.ATTRIBUTE, number) ? "[" + index + "]" : "";
    }

    private String named(String name) {
        return name.isEmpty() ? kind.shown() + "[" + index + "]" : name;
    }

    private static String slash(String outer) {
        return outer.isEmpty() ? "" : outer + "/";
    }

    /// A sparse initializer has the name of its values.
    private String valuesName() throws ModelFormatException {
        return new Frame(walker, Kind.TENSOR, walker.merged(message, 1), this, 1, 0).text(8);
    }

    /// The place for messages.
    ///
    /// @throws ModelFormatException if the encoding is broken or a name is too long
    public String place() throws ModelFormatException {
        return kind.shown() + " " + Texts.shown(scope());
    }
}
