package dev.modelfile.onnx.edit;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Span;
import dev.modelfile.onnx.wire.WireBytes;
import dev.modelfile.onnx.wire.WireCursor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Changes what a model says of itself, and the names of its initializers.
public final class ModelPatch {
    private final Patches patches;
    private final Walker walker;
    private final Message model;

    /// Changes of a model.
    public ModelPatch(Patches patches, Walker walker) {
        this.patches = patches;
        this.walker = walker;
        this.model = Message.of(Span.file(walker.file().size()));
    }

    /// Sets or removes a field of the model.
    ///
    /// @param encoded the field with its tag, empty to remove it
    /// @throws ModelFormatException if the file has changed
    public void model(int field, byte[] encoded) throws ModelFormatException {
        set(model, field, encoded);
    }

    /// Sets or removes a field of the main graph.
    ///
    /// @param encoded the field with its tag, empty to remove it
    /// @throws ModelFormatException if the file has changed
    public void graph(int field, byte[] encoded) throws ModelFormatException {
        set(walker.merged(model, 7), field, encoded);
    }

    private void set(Message message, int field, byte[] encoded) throws ModelFormatException {
        patches.set(
                walker.cursor(message),
                message.spans().getLast(),
                field,
                encoded.length == 0 ? List.of() : List.of(Patches.Piece.of(encoded)));
    }

    /// Sets, changes and removes entries of a list of the model that are known by their first string: `metadata_props`
    /// by key, `opset_import` by domain. Entries that do not change stay where they are.
    ///
    /// @param field the number of the list
    /// @param changes the new entry without its tag for each key, null to remove it
    /// @throws ModelFormatException if the file has changed
    public void entries(int field, Map<String, byte @Nullable []> changes) throws ModelFormatException {
        Set<String> done = new HashSet<>();
        Span span = model.spans().getLast();
        long after = -1;
        long later = span.end();
        WireCursor at = walker.cursor(model);
        while (at.next()) {
            if (at.field() > field && at.start() < later) {
                later = at.start();
            }
            if (at.field() != field || at.type() != WireCursor.LENGTH_DELIMITED) {
                continue;
            }
            after = at.fieldEnd();
            String key = walker.text(Message.of(at.child()), 1);
            if (changes.containsKey(key)) {
                byte[] entry = done.add(key) ? changes.get(key) : null;
                patches.replace(
                        at.span(), at.start(), at.fieldEnd(), entry == null ? new byte[0] : encoded(field, entry));
            }
        }
        WireBytes added = new WireBytes();
        changes.forEach((key, entry) -> {
            if (entry != null && !done.contains(key)) {
                added.bytes(field, entry);
            }
        });
        long place = after >= 0 ? after : later;
        if (added.length() > 0) {
            patches.replace(span, place, place, added.toByteArray());
        }
    }

    private static byte[] encoded(int field, byte[] entry) {
        return new WireBytes().bytes(field, entry).toByteArray();
    }

    /// Gives initializers of the main graph other names, wherever these are used: in nodes, inner graphs, inputs,
    /// outputs, annotations and training information. Functions have names of their own, and so has an inner graph that
    /// defines a value under the same name.
    ///
    /// @param names the new name for each old one
    /// @param gone the initializers that are removed, as the new name is that of another one
    /// @param values all names
    /// @throws ModelFormatException if the file has changed
    public void rename(Map<String, String> names, Set<String> gone, ValueNames values) throws ModelFormatException {
        if (!names.isEmpty()) {
            walker.walk(new Renaming(names, gone, values));
        }
    }

    private final class Renaming implements Visitor {
        private final Map<String, String> names;
        private final Set<String> gone;
        private final ValueNames values;
        private final Deque<Frame> inner = new ArrayDeque<>();

        Renaming(Map<String, String> names, Set<String> gone, ValueNames values) {
            this.names = names;
            this.gone = gone;
            this.values = values;
        }

        @Override
        public boolean enter(Frame frame) throws ModelFormatException {
            if (isGone(frame)) {
                Span whole = frame.message().spans().getFirst();
                patches.replace(Objects.requireNonNull(whole.parent()), whole.tag(), whole.end(), List.of());
                return false;
            }
            if (isInner(frame)) {
                inner.push(frame);
            }
            return frame.kind() != Kind.FUNCTION;
        }

        /// The initializer itself, and what is said of it as an input or value of the main graph.
        private boolean isGone(Frame frame) throws ModelFormatException {
            boolean described = frame.isIn(Kind.GRAPH, 11) || frame.isIn(Kind.GRAPH, 13);
            Frame graph = frame.parent();
            return !gone.isEmpty()
                    && graph != null
                    && graph.isIn(Kind.MODEL, 7)
                    && (frame.isIn(Kind.GRAPH, 5) && gone.contains(frame.text(8))
                            || described && gone.contains(frame.text(1)));
        }

        private static boolean isInner(Frame frame) {
            return frame.kind() == Kind.GRAPH && frame.isIn(Kind.ATTRIBUTE, frame.field());
        }

        @Override
        public void leave(Frame frame) {
            if (isInner(frame)) {
                inner.pop();
            }
        }

        @Override
        public void value(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
            if (at.type() != WireCursor.LENGTH_DELIMITED || !isName(frame, field.number())) {
                return;
            }
            String name = walker.text(at.valueStart(), at.length());
            String renamed = names.get(name);
            if (renamed != null && inner.stream().noneMatch(graph -> values.defines(graph, name))) {
                patches.replace(
                        at.span(),
                        at.start(),
                        at.fieldEnd(),
                        new WireBytes().text(field.number(), renamed).toByteArray());
            }
        }

        private static boolean isName(Frame frame, int field) {
            return switch (frame.kind()) {
                case NODE -> field == 1 || field == 2;
                case TENSOR -> field == 8 && (frame.isIn(Kind.GRAPH, 5) || frame.isIn(Kind.SPARSE, 1));
                case VALUE_INFO, ANNOTATION, SHARDING -> field == 1;
                case ENTRY ->
                    frame.isIn(Kind.TRAINING, 3)
                            || frame.isIn(Kind.TRAINING, 4)
                            || frame.isIn(Kind.ANNOTATION, 2) && field == 2;
                default -> false;
            };
        }
    }
}
