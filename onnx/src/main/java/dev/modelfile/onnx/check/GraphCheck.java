package dev.modelfile.onnx.check;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.scan.Severity;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The rules about graphs, nodes and attributes: every value is defined once and before it is used, every node has an
/// operator, every attribute is what its type says.
final class GraphCheck implements Visitor {
    /// The type of an attribute for each of its value fields.
    private static final Map<Integer, Integer> TYPE_OF_FIELD = Map.ofEntries(
            Map.entry(2, 1),
            Map.entry(3, 2),
            Map.entry(4, 3),
            Map.entry(5, 4),
            Map.entry(6, 5),
            Map.entry(7, 6),
            Map.entry(8, 7),
            Map.entry(9, 8),
            Map.entry(10, 9),
            Map.entry(11, 10),
            Map.entry(14, 13),
            Map.entry(15, 14),
            Map.entry(22, 11),
            Map.entry(23, 12));

    /// Before this version of the format attributes had no type.
    private static final long TYPED_SINCE_IR = 2;

    private final Walker walker;
    private final Problems problems;
    private final Deque<Scope> scopes = new ArrayDeque<>();
    /// The names of the main graph, once a training graph has asked for them.
    private @Nullable Scope main;

    private long irVersion;

    /// The names that a graph or function defines.
    ///
    /// @param outer the graph around it, whose names it sees; null for the main graph and functions
    private record Scope(@Nullable Scope outer, Set<String> names) {
        boolean has(String name) {
            for (Scope scope = this; scope != null; scope = scope.outer) {
                if (scope.names.contains(name)) {
                    return true;
                }
            }
            return false;
        }
    }

    GraphCheck(Walker walker, Problems problems) {
        this.walker = walker;
        this.problems = problems;
    }

    @Override
    public boolean enter(Frame frame) throws ModelFormatException {
        switch (frame.kind()) {
            case MODEL -> irVersion = frame.number(1, 0);
            case GRAPH, FUNCTION -> open(frame);
            case NODE -> node(frame);
            case ATTRIBUTE -> attribute(frame);
            default -> {}
        }
        return frame.kind().leadsToNodes();
    }

    private void open(Frame frame) throws ModelFormatException {
        boolean graph = frame.kind() == Kind.GRAPH;
        Scope scope = new Scope(outer(frame), new HashSet<>());
        WireCursor at = frame.fields();
        while (at.next()) {
            if (at.type() != WireCursor.LENGTH_DELIMITED) {
                continue;
            }
            if (graph && at.field() == 11 || !graph && at.field() == 4) {
                String name =
                        graph ? walker.text(Message.of(at.child()), 1) : walker.text(at.valueStart(), at.length());
                define(frame, scope, name, at.start(), "an input");
            }
        }
        if (graph) {
            // An initializer may have the name of an input: it is its default then.
            initializers(frame.message(), scope);
        }
        scopes.push(scope);
    }

    /// What a graph sees besides its own names. A training step is executed together with the main graph, as one.
    private @Nullable Scope outer(Frame frame) throws ModelFormatException {
        Frame training = frame.parent();
        if (training != null && training.parent() != null && frame.isIn(Kind.TRAINING, 2)) {
            return main == null ? main = names(walker.merged(training.parent().message(), 7)) : main;
        }
        return frame.isIn(Kind.ATTRIBUTE, frame.field()) ? scopes.peek() : null;
    }

    private void initializers(Message graph, Scope scope) throws ModelFormatException {
        WireCursor at = walker.cursor(graph);
        while (at.next()) {
            if (at.type() == WireCursor.LENGTH_DELIMITED && at.field() == 5) {
                add(scope, walker.text(Message.of(at.child()), 8), at.start());
            } else if (at.type() == WireCursor.LENGTH_DELIMITED && at.field() == 15) {
                add(scope, walker.text(walker.merged(Message.of(at.child()), 1), 8), at.start());
            }
        }
    }

    /// All names that a graph defines.
    private Scope names(Message graph) throws ModelFormatException {
        Scope scope = new Scope(null, new HashSet<>());
        initializers(graph, scope);
        WireCursor at = walker.cursor(graph);
        while (at.next()) {
            if (at.type() == WireCursor.LENGTH_DELIMITED && at.field() == 11) {
                add(scope, walker.text(Message.of(at.child()), 1), at.start());
            } else if (at.type() == WireCursor.LENGTH_DELIMITED && at.field() == 1) {
                outputs(walker.cursor(Message.of(at.child())), scope);
            }
        }
        return scope;
    }

    private void outputs(WireCursor node, Scope scope) throws ModelFormatException {
        while (node.next()) {
            if (node.field() == 2 && node.type() == WireCursor.LENGTH_DELIMITED) {
                add(scope, walker.text(node.valueStart(), node.length()), node.start());
            }
        }
    }

    private boolean add(Scope scope, String name, long offset) throws ModelFormatException {
        walker.charge(Walker.OBJECT_HEAP + 2L * name.length(), offset);
        return scope.names().add(name);
    }

    private void define(Frame frame, Scope scope, String name, long offset, String as) throws ModelFormatException {
        if (name.isEmpty()) {
            return;
        }
        if (!add(scope, name, offset)) {
            error(Rules.SSA, frame, offset, Texts.shown(name) + " is defined again as " + as);
        } else if (frame.kind() == Kind.NODE
                && scope.outer() != null
                && scope.outer().has(name)) {
            report(Severity.WARNING, Rules.SSA, frame, offset, Texts.shown(name) + " hides a value outside, as " + as);
        }
    }

    private void node(Frame node) throws ModelFormatException {
        if (node.text(4).isEmpty()) {
            error(Rules.NODE, node, node.message().offset(), "the node has no operator");
        }
        Scope scope = scopes.peek();
        boolean connected = false;
        WireCursor at = node.fields();
        while (at.next()) {
            boolean name = at.type() == WireCursor.LENGTH_DELIMITED && (at.field() == 1 || at.field() == 2);
            connected |= name;
            if (name && at.field() == 1 && scope != null && at.length() > 0) {
                String input = walker.text(at.valueStart(), at.length());
                if (!scope.has(input)) {
                    error(
                            Rules.ORDER,
                            node,
                            at.start(),
                            "input " + Texts.shown(input) + " is not the output of a node before it");
                }
            }
        }
        if (!connected) {
            error(Rules.NODE, node, node.message().offset(), "the node has neither inputs nor outputs");
        }
    }

    private void attribute(Frame attribute) throws ModelFormatException {
        int field = 0;
        boolean several = false;
        boolean typed = false;
        boolean reference = false;
        WireCursor at = attribute.fields();
        while (at.next()) {
            Kind.Field known = Kind.ATTRIBUTE.field(at.field(), at.type());
            if (known != null && TYPE_OF_FIELD.containsKey(at.field())) {
                several |= field != 0 && field != at.field();
                field = at.field();
            }
            typed |= known != null && at.field() == 20;
            reference |= known != null && at.field() == 21 && at.length() > 0;
        }
        long offset = attribute.message().offset();
        if (attribute.text(1).isEmpty()) {
            error(Rules.ATTRIBUTE, attribute, offset, "the attribute has no name");
        }
        int type = (int) attribute.number(20, 0);
        boolean untyped = !typed || type == 0;
        if (untyped && irVersion >= TYPED_SINCE_IR) {
            error(Rules.ATTRIBUTE, attribute, offset, "the attribute has no type");
        } else if (several) {
            error(Rules.ATTRIBUTE, attribute, offset, "the attribute has values of several types");
        } else if (reference && field != 0) {
            error(Rules.ATTRIBUTE, attribute, offset, "the attribute has a value and refers to another");
        } else if (!untyped && field != 0 && TYPE_OF_FIELD.getOrDefault(field, 0) != type) {
            error(Rules.ATTRIBUTE, attribute, offset, "the value is in field " + field + ", the type is " + type);
        }
    }

    @Override
    public void leave(Frame frame) throws ModelFormatException {
        switch (frame.kind()) {
            case NODE -> outputs(frame);
            case GRAPH, FUNCTION -> close(frame);
            default -> {}
        }
    }

    private void outputs(Frame node) throws ModelFormatException {
        Scope scope = scopes.peek();
        WireCursor at = node.fields();
        while (scope != null && at.next()) {
            if (at.field() == 2 && at.type() == WireCursor.LENGTH_DELIMITED) {
                define(node, scope, walker.text(at.valueStart(), at.length()), at.start(), "an output of this node");
            }
        }
    }

    private void close(Frame frame) throws ModelFormatException {
        Scope scope = scopes.pop();
        boolean graph = frame.kind() == Kind.GRAPH;
        WireCursor at = frame.fields();
        while (at.next()) {
            if (at.type() != WireCursor.LENGTH_DELIMITED || at.field() != (graph ? 12 : 5)) {
                continue;
            }
            String name = graph ? walker.text(Message.of(at.child()), 1) : walker.text(at.valueStart(), at.length());
            if (!scope.has(name)) {
                error(Rules.ORDER, frame, at.start(), "output " + Texts.shown(name) + " is not defined");
            }
        }
    }

    private void error(String rule, Frame frame, long offset, String problem) throws ModelFormatException {
        report(Severity.ERROR, rule, frame, offset, problem);
    }

    private void report(Severity severity, String rule, Frame frame, long offset, String problem)
            throws ModelFormatException {
        if (problems.wants(rule)) {
            problems.note(severity, rule, frame.place(), offset, problem);
        }
    }
}
