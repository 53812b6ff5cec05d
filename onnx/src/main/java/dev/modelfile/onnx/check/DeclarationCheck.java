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
import java.util.HashSet;
import java.util.Set;

/// The rules about what has to be declared, and only once: names of graphs, functions, initializers and attributes, and
/// the types of the main graph's inputs and outputs.
final class DeclarationCheck implements Visitor {
    /// Up to this version of the format every initializer is an input.
    private static final long INPUTS_UNTIL_IR = 3;
    /// Fewer names, or shorter ones, are forgotten before they count as heap.
    private static final int MANY = 1000;

    private static final int LONG = 4096;

    private final Walker walker;
    private final Problems problems;
    private long irVersion;

    DeclarationCheck(Walker walker, Problems problems) {
        this.walker = walker;
        this.problems = problems;
    }

    @Override
    public boolean enter(Frame frame) throws ModelFormatException {
        switch (frame.kind()) {
            case MODEL -> irVersion = frame.number(1, 0);
            case GRAPH -> graph(frame);
            case FUNCTION -> function(frame);
            case NODE -> attributes(frame, 5, new HashSet<>());
            default -> {}
        }
        return frame.kind().leadsToNodes();
    }

    private void function(Frame function) throws ModelFormatException {
        if (function.text(1).isEmpty()) {
            report(
                    Severity.WARNING,
                    Rules.FUNCTION,
                    function,
                    function.message().offset(),
                    "the function has no name");
        }
        Set<String> names = new HashSet<>();
        attributes(function, 6, names);
        attributes(function, 11, names);
        Set<String> outputs = new HashSet<>();
        for (String output : function.texts(5)) {
            if (!outputs.add(output)) {
                report(
                        Severity.ERROR,
                        Rules.FUNCTION,
                        function,
                        function.message().offset(),
                        "there is another output " + Texts.shown(output));
            }
        }
    }

    private void graph(Frame graph) throws ModelFormatException {
        boolean main = graph.isIn(Kind.MODEL, 7);
        if (graph.text(2).isEmpty()) {
            warn(Rules.GRAPH_NAME, graph, graph.message().offset(), "the graph has no name");
        }
        Set<String> names = new HashSet<>();
        boolean inputs = main && irVersion >= 1 && irVersion <= INPUTS_UNTIL_IR;
        Set<String> declared = inputs ? new HashSet<>(graph.names(11)) : Set.of();
        WireCursor at = graph.fields();
        while (at.next()) {
            if (at.type() == WireCursor.LENGTH_DELIMITED && at.field() == 5) {
                String name = walker.text(Message.of(at.child()), 8);
                add(names, name, at.start());
                if (inputs && !declared.contains(name)) {
                    warn(
                            Rules.NOT_AN_INPUT,
                            graph,
                            at.start(),
                            "initializer " + Texts.shown(name) + " is no input, as it has to be up to IR version "
                                    + INPUTS_UNTIL_IR);
                }
            } else if (main && at.type() == WireCursor.LENGTH_DELIMITED && (at.field() == 11 || at.field() == 12)) {
                declaration(graph, at);
            }
        }
        sparse(graph, names);
    }

    /// A sparse initializer has the name of its values.
    private void sparse(Frame graph, Set<String> names) throws ModelFormatException {
        WireCursor at = graph.fields();
        while (at.next()) {
            if (at.type() != WireCursor.LENGTH_DELIMITED || at.field() != 15) {
                continue;
            }
            String name = walker.text(walker.merged(Message.of(at.child()), 1), 8);
            if (name.isEmpty()) {
                warn(
                        Rules.UNNAMED_INITIALIZER,
                        graph,
                        at.start(),
                        "a sparse initializer whose values have no name cannot be used by any node");
            } else if (!add(names, name, at.start())) {
                warn(
                        Rules.DUPLICATE_INITIALIZER,
                        graph,
                        at.start(),
                        "sparse initializer " + Texts.shown(name) + " has the name of another one");
            }
        }
    }

    /// An input or output of the main graph.
    private void declaration(Frame graph, WireCursor value) throws ModelFormatException {
        Message info = Message.of(value.child());
        String name = walker.text(info, 1);
        Message type = walker.merged(info, 2);
        Message tensor = walker.merged(type, 1);
        boolean input = value.field() == 11;
        String what = (input ? "input " : "output ") + Texts.shown(name);
        if (name.isEmpty()) {
            warn(Rules.VALUE_TYPE, graph, value.start(), what + " has no name");
        } else if (type.spans().isEmpty()) {
            // Runtimes infer the types of outputs.
            Severity severity = input ? Severity.ERROR : Severity.WARNING;
            report(severity, Rules.VALUE_TYPE, graph, value.start(), what + " has no type");
        } else if (!tensor.spans().isEmpty() && element(tensor) == 0) {
            report(Severity.ERROR, Rules.VALUE_TYPE, graph, value.start(), what + " has no type of elements");
        } else if (!tensor.spans().isEmpty() && walker.merged(tensor, 2).spans().isEmpty()) {
            warn(Rules.VALUE_TYPE, graph, value.start(), what + " has no shape");
        }
    }

    private int element(Message tensor) throws ModelFormatException {
        int type = 0;
        WireCursor at = walker.cursor(tensor);
        while (at.next()) {
            type = at.field() == 1 && at.type() == WireCursor.VARINT ? (int) at.value() : type;
        }
        return type;
    }

    /// Attributes of a node, or those that a function declares: as names, or as messages with a default.
    private void attributes(Frame holder, int field, Set<String> names) throws ModelFormatException {
        boolean plain = holder.kind() == Kind.FUNCTION && field == 6;
        WireCursor at = holder.fields();
        while (at.next()) {
            if (at.field() != field || at.type() != WireCursor.LENGTH_DELIMITED) {
                continue;
            }
            String name = plain ? walker.text(at.valueStart(), at.length()) : walker.text(Message.of(at.child()), 1);
            if (names.size() >= MANY || name.length() > LONG) {
                walker.charge(Walker.OBJECT_HEAP + 2L * name.length(), at.start());
            }
            if (!names.add(name)) {
                String problem = "there is another attribute " + Texts.shown(name);
                report(Severity.ERROR, Rules.ATTRIBUTE, holder, at.start(), problem);
            }
        }
    }

    private boolean add(Set<String> names, String name, long offset) throws ModelFormatException {
        walker.charge(Walker.OBJECT_HEAP + 2L * name.length(), offset);
        return names.add(name);
    }

    private void warn(String rule, Frame graph, long offset, String problem) throws ModelFormatException {
        report(Severity.WARNING, rule, graph, offset, problem);
    }

    private void report(Severity severity, String rule, Frame frame, long offset, String problem)
            throws ModelFormatException {
        if (problems.wants(rule)) {
            problems.note(severity, rule, frame.place(), offset, problem);
        }
    }
}
