package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Judges what one stream does while the machine runs. Every site counts, also if the pickle throws its result away.
final class Judge implements PickleObserver {
    private static final String WHY =
            "; loading it lets the file's author run what this name can do, so load only if you trust the source";

    private static final int MAX_SEEN = 4096;
    private static final int MAX_GLOBALS = 100_000;

    private final Region stream;
    private final Budget budget;
    private final List<Finding> found = new ArrayList<>();
    private final Map<String, Names.Grade> grades = new HashMap<>();
    /// What is known of names that the pickle keeps in its memo, by identity.
    private final Map<PickleValue.Global, Seen> seen = new IdentityHashMap<>();

    private final Map<String, Unknown> unknown = new LinkedHashMap<>();
    private final Map<String, Long> storages = new HashMap<>();
    private final List<PickleValue> literals = new ArrayList<>();
    private int sites;
    private int globals;

    /// A name that was judged already.
    ///
    /// @param grade its grade
    /// @param checked whether the arguments of its calls matter
    private record Seen(Names.Grade grade, boolean checked) {}

    /// Unknown names of one module.
    private static final class Unknown {
        final List<String> names = new ArrayList<>();
        final long offset;
        int count;
        boolean called;

        Unknown(long offset) {
            this.offset = offset;
        }
    }

    Judge(Region stream, Budget budget) {
        this.stream = stream;
        this.budget = budget;
    }

    private void add(String rule, Severity severity, long offset, String message) {
        if (found.size() < 10_000) {
            found.add(new Finding(rule, severity, stream.place(), offset, message));
        }
    }

    private Names.Grade grade(PickleValue.Global global) throws ModelFormatException {
        Seen earlier = seen.get(global);
        if (earlier == null) {
            if (seen.size() >= MAX_SEEN) {
                seen.clear();
            }
            earlier = new Seen(lookUp(global), Calls.isChecked(global));
            seen.put(global, earlier);
        }
        return earlier.grade();
    }

    private Names.Grade lookUp(PickleValue.Global global) throws ModelFormatException {
        String key = global.module() + "\n" + global.name();
        Names.Grade known = grades.get(key);
        if (known == null) {
            budget.heap(500 + 4L * key.length(), stream, global.offset() - stream.base());
            if (grades.size() >= MAX_GLOBALS) {
                throw stream.limit("maxHeapBytes", "", -1, "more than " + MAX_GLOBALS + " different names");
            }
            known = Names.of(global.module(), global.name());
            grades.put(key, known);
        }
        return known;
    }

    private static String shown(PickleValue.Global global) {
        String name = Findings.shown(global.toString());
        String mapped = PythonTwo.map(global.module(), global.name()).toString();
        return mapped.equals(global.toString()) ? name : name + " (" + Findings.shown(mapped) + " in Python 3)";
    }

    @Override
    public void global(PickleValue.Global global, int protocol) throws ModelFormatException {
        globals++;
        if (Names.isScript(global.module())) {
            return;
        }
        switch (grade(global)) {
            case SAFE -> {}
            case DANGEROUS ->
                add("pickle.dangerous-import", Severity.DANGER, global.offset(), "imports " + shown(global) + WHY);
            case UNKNOWN -> {
                Unknown module = unknown.computeIfAbsent(global.module(), key -> new Unknown(global.offset()));
                module.count++;
                if (module.names.size() < 5 && !module.names.contains(global.name())) {
                    module.names.add(global.name());
                }
            }
        }
    }

    @Override
    public void call(InstanceNode call) throws ModelFormatException {
        sites++;
        if (!(call.callable() instanceof PickleValue.Global global)) {
            computed(call);
            return;
        }
        switch (grade(global)) {
            case DANGEROUS ->
                add(
                        "pickle.dangerous-call",
                        Severity.DANGER,
                        call.offset(),
                        call.construction() + " calls " + shown(global) + Calls.shown(call.arguments()) + WHY);
            case UNKNOWN -> {
                Unknown module = unknown.get(global.module());
                if (module != null) {
                    module.called = true;
                }
            }
            case SAFE -> {
                Seen known = seen.get(global);
                String problem = known == null || known.checked() ? Calls.problem(call) : null;
                if (problem != null) {
                    add(
                            "pickle.argument",
                            Severity.DANGER,
                            call.offset(),
                            shown(global) + Calls.shown(call.arguments()) + ": " + problem);
                }
            }
        }
    }

    /// Calls of what is not simply a name.
    private void computed(InstanceNode call) {
        boolean legacyClass = call.callable() instanceof PickleValue.PersistentId id
                && id.id() instanceof SequenceNode tuple
                && tuple.size() > 1
                && tuple.get(0) instanceof PickleValue.Text tag
                && tag.value().equals("module");
        if (legacyClass) {
            add(
                    "pickle.legacy-class",
                    Severity.WARNING,
                    call.offset(),
                    "instantiates a class whose source text is in the file");
        } else {
            add(
                    "pickle.computed-call",
                    Severity.DANGER,
                    call.offset(),
                    "calls the result of another call; data is never written like that" + WHY);
        }
    }

    @Override
    public long build(PickleValue target, PickleValue state, long offset) {
        sites++;
        if (target instanceof PickleValue.Global global) {
            add(
                    "pickle.build-on-global",
                    Severity.DANGER,
                    offset,
                    "changes the attributes of " + shown(global) + " itself, for the whole program");
        }
        return Joblib.dataAfter(target, state, stream, offset);
    }

    @Override
    public void fill(PickleValue target, boolean entries, long offset) {
        if (target instanceof PickleValue.Global global) {
            add("pickle.fill-global", Severity.DANGER, offset, "puts items into " + shown(global) + " itself");
        }
    }

    @Override
    public void persistentId(PickleValue id, boolean textual, long offset) throws ModelFormatException {
        if (id instanceof SequenceNode tuple
                && tuple.size() >= 5
                && tuple.get(0) instanceof PickleValue.Text tag
                && tag.value().equals("storage")
                && tuple.get(1) instanceof PickleValue.Global type
                && tuple.get(2) instanceof PickleValue.Text key
                && tuple.get(4) instanceof PickleValue.Int count) {
            var known = dev.modelfile.checkpoint.torch.StorageTable.storageType(type);
            long unit = known == null ? 0 : known.unit();
            boolean fits = count.value() >= 0 && unit > 0 && count.value() <= Long.MAX_VALUE / 16;
            if (storages.put(key.value(), fits ? count.value() * unit : -1) == null) {
                budget.heap(150 + 2 * key.byteSize(), stream, offset - stream.base());
            }
        }
    }

    @Override
    public void literal(PickleValue literal, long offset) {
        if (literals.size() < 10_000 && Literals.mayBePickle(literal)) {
            literals.add(literal);
        }
    }

    @Override
    public void note(String rule, long offset, String what) {
        boolean computed = rule.equals("pickle.computed-global");
        add(rule, computed ? Severity.DANGER : Severity.WARNING, offset, what);
    }

    /// Everything that was found, with one line for each module with unknown names.
    List<Finding> findings() {
        List<Finding> all = new ArrayList<>(found);
        unknown.forEach((module, names) -> all.add(new Finding(
                names.called ? "pickle.unknown-call" : "pickle.unknown-import",
                Severity.WARNING,
                stream.place(),
                names.offset,
                (names.called ? "calls " : "imports ") + names.count + " times from " + Findings.shown(module) + ": "
                        + Findings.shown(String.join(", ", names.names))
                        + (names.names.size() == 5 ? " and others" : "")
                        + ", not on the list of names that only build data")));
        return all;
    }

    /// The storages that are referred to, with their sizes in bytes; -1 if the size is not understood.
    Map<String, Long> storages() {
        return storages;
    }

    /// Literals that look like pickles.
    List<PickleValue> literals() {
        return literals;
    }

    /// How many calls and states there were.
    int sites() {
        return sites;
    }

    /// How many names were imported.
    int globals() {
        return globals;
    }
}
