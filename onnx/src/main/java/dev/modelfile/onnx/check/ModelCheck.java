package dev.modelfile.onnx.check;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.scan.Severity;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The rules about a model as a whole: versions, operator sets, functions that must not call each other in a circle,
/// and where its operators come from.
final class ModelCheck implements Visitor {
    private static final long NEWEST_IR = 14;
    private static final Set<String> STANDARD =
            Set.of("", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training");
    private static final Set<String> USUAL =
            Set.of("com.microsoft", "com.microsoft.nchwc", "ai.onnx.contrib", "com.ms.internal.nhwc");
    private static final Set<String> FOREIGN = Set.of("PyOp", "PyCustomOp", "ATen", "PythonOp", "PythonOpGrad");

    private final Walker walker;
    private final Problems problems;
    private final Map<String, Long> opsets = new HashMap<>();
    private final Map<String, Set<String>> calls = new LinkedHashMap<>();
    private final Map<String, Long> places = new HashMap<>();
    private final Map<String, Long> domains = new LinkedHashMap<>();
    private final Set<String> functionDomains = new HashSet<>();
    private @Nullable String function;
    /// The domains of the operator sets that the model imports, and the function that is walked through.
    private Set<String> imported = Set.of();

    private Set<String> importedHere = Set.of();

    ModelCheck(Walker walker, Problems problems) {
        this.walker = walker;
        this.problems = problems;
    }

    @Override
    public boolean enter(Frame frame) throws ModelFormatException {
        switch (frame.kind()) {
            case MODEL -> imported = imports(frame, 8);
            case OPSET -> opset(frame);
            case FUNCTION -> function(frame);
            case NODE -> node(frame);
            default -> {}
        }
        return frame.kind().leadsToNodes();
    }

    private void opset(Frame frame) throws ModelFormatException {
        if (!frame.isIn(Kind.MODEL, 8)) {
            return;
        }
        String domain = frame.text(1);
        long version = frame.number(2, 0);
        walker.charge(2L * domain.length(), frame.message().offset());
        if (version < 1 || version > Integer.MAX_VALUE) {
            problems.note(
                    Severity.ERROR,
                    Rules.OPSET,
                    "operator set " + Texts.shown(domain),
                    frame.message().offset(),
                    "version " + version);
        }
        if (opsets.put(standard(domain), version) != null) {
            problems.note(
                    Severity.WARNING,
                    Rules.OPSET,
                    "operator set " + Texts.shown(domain),
                    frame.message().offset(),
                    "it is imported twice");
        }
    }

    private static Set<String> imports(Frame frame, int field) throws ModelFormatException {
        Set<String> domains = new HashSet<>();
        for (String domain : frame.names(field)) {
            domains.add(standard(domain));
        }
        return domains;
    }

    private static String standard(String domain) {
        return domain.equals("ai.onnx") ? "" : domain;
    }

    /// Functions import for themselves; before IR version 3 nothing did.
    private void imported(Frame node, String domain) throws ModelFormatException {
        Set<String> known = function == null ? imported : importedHere;
        boolean missing = function != null || !imported.isEmpty();
        if (missing && known.add(standard(domain))) {
            walker.charge(2L * domain.length(), node.message().offset());
            problems.note(
                    function == null ? Severity.WARNING : Severity.ERROR,
                    Rules.OPSET,
                    node.place(),
                    node.message().offset(),
                    "no operator set of its domain " + Texts.shown(domain) + " is imported");
        }
    }

    private static String identity(String domain, String name, String overload) {
        return standard(domain) + "::" + name + (overload.isEmpty() ? "" : "::" + overload);
    }

    private void function(Frame frame) throws ModelFormatException {
        String identity = identity(frame.text(10), frame.text(1), frame.text(13));
        walker.charge(
                4L * identity.length() + 4L * Walker.OBJECT_HEAP,
                frame.message().offset());
        function = identity;
        places.putIfAbsent(identity, frame.message().offset());
        importedHere = imports(frame, 9);
        functionDomains.add(frame.text(10));
        if (calls.put(identity, new LinkedHashSet<>()) != null) {
            problems.note(
                    Severity.ERROR,
                    Rules.DUPLICATE_FUNCTION,
                    "function " + Texts.shown(identity),
                    frame.message().offset(),
                    "there is another of the same domain, name and overload");
        }
        if (STANDARD.contains(frame.text(10))) {
            problems.note(
                    Severity.WARNING,
                    Rules.SHADOWED_OPERATOR,
                    "function " + Texts.shown(identity),
                    frame.message().offset(),
                    "it takes the place of an operator of the standard");
        }
    }

    private void node(Frame node) throws ModelFormatException {
        String domain = node.text(7);
        String operator = node.text(4);
        imported(node, domain);
        if (function != null) {
            Set<String> called = calls.get(function);
            String identity = identity(domain, operator, node.text(8));
            if (called != null && called.add(identity)) {
                walker.charge(2L * identity.length(), node.message().offset());
            }
        }
        if (!STANDARD.contains(domain)) {
            if (!domains.containsKey(domain)) {
                walker.charge(2L * domain.length(), node.message().offset());
            }
            domains.putIfAbsent(domain, node.message().offset());
        }
        if (FOREIGN.contains(operator)) {
            problems.note(
                    Severity.DANGER,
                    Rules.FOREIGN_CODE,
                    node.place(),
                    node.message().offset(),
                    "operator " + operator + " runs code that is not part of the graph");
        }
    }

    @Override
    public void leave(Frame frame) throws ModelFormatException {
        if (frame.kind() == Kind.FUNCTION) {
            function = null;
        } else if (frame.kind() == Kind.MODEL) {
            version(frame.number(1, 0));
            domains();
            cycles();
        }
    }

    private void version(long ir) throws ModelFormatException {
        if (ir < 1) {
            problems.note(Severity.ERROR, Rules.IR_VERSION, "model", 0, "IR version " + ir + ", or none");
        } else if (ir > NEWEST_IR) {
            problems.note(
                    Severity.WARNING,
                    Rules.IR_VERSION,
                    "model",
                    0,
                    "IR version " + ir + " vs " + NEWEST_IR + ", the newest known; fields may be skipped");
        }
        if (ir >= 3 == opsets.isEmpty()) {
            problems.note(
                    Severity.ERROR,
                    Rules.OPSET,
                    "model",
                    -1,
                    ir >= 3 ? "no operator set is imported" : "operator sets are imported before IR version 3");
        }
    }

    private void domains() throws ModelFormatException {
        for (Map.Entry<String, Long> domain : domains.entrySet()) {
            String name = domain.getKey();
            boolean usual =
                    USUAL.contains(name) || name.startsWith("pkg.onnxscript.") || functionDomains.contains(name);
            problems.note(
                    usual ? Severity.INFO : Severity.WARNING,
                    Rules.CUSTOM_DOMAIN,
                    "domain " + Texts.shown(name),
                    domain.getValue(),
                    functionDomains.contains(name)
                            ? "operators of this domain are functions of the model"
                            : "operators of this domain need a library of their own"
                                    + (usual ? "" : ", and nobody knows which"));
        }
    }

    /// Walks along the calls without recursion; a function that is met again on the way closes a circle.
    private void cycles() throws ModelFormatException {
        Set<String> done = new HashSet<>();
        for (String start : calls.keySet()) {
            Set<String> way = new LinkedHashSet<>();
            Deque<Iterator<String>> next = new ArrayDeque<>();
            Deque<String> names = new ArrayDeque<>();
            visit(start, way, next, names);
            while (!next.isEmpty()) {
                if (!next.element().hasNext()) {
                    next.pop();
                    String left = names.pop();
                    way.remove(left);
                    done.add(left);
                    continue;
                }
                String called = next.element().next();
                if (way.contains(called)) {
                    problems.note(
                            Severity.ERROR,
                            Rules.FUNCTION_CYCLE,
                            "function " + Texts.shown(called),
                            places.getOrDefault(called, -1L),
                            "it calls itself by way of " + way.size() + " functions; loading it may never end");
                    return;
                }
                if (calls.containsKey(called) && !done.contains(called)) {
                    visit(called, way, next, names);
                }
            }
        }
    }

    private void visit(String name, Set<String> way, Deque<Iterator<String>> next, Deque<String> names) {
        way.add(name);
        names.push(name);
        next.push(calls.getOrDefault(name, Set.of()).iterator());
    }
}
