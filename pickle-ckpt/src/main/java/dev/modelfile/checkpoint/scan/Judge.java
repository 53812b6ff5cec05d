package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.checkpoint.pickle.TraceMachine;
import dev.modelfile.checkpoint.pickle.TraceObserver;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.checkpoint.torch.TorchType;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Judges what one stream does while the machine runs. Every site counts, also if the pickle throws its result away.
final class Judge implements TraceObserver {
    private static final String WHY =
            "; loading it lets the file's author run what this name can do, so load only if you trust the source";

    /// Where the state of an array has its element type.
    private static final int ARRAY_TYPE = 2;

    private static final String DISTRIBUTED = "torch.distributed.checkpoint.metadata";
    private static final int MAX_NESTING = 8;
    private static final int MAX_LITERALS = 10_000;

    private final Trace trace;
    private final Region stream;
    private final Budget budget;
    private final Findings found = new Findings();
    /// What is known of each name, by its number.
    private final List<Known> known = new ArrayList<>();

    private final Map<String, Unknown> unknown = new LinkedHashMap<>();
    private final Storages storages;
    private final List<PickleValue> literals = new ArrayList<>();
    /// The text `storage` as the pickle has it.
    private long tag;
    private final Reading reading;
    private final boolean script;
    private final int depth;
    private final ElementTypes types;
    private final Joblib joblib;
    /// Whether there are functions that give back what they are given.
    private boolean echoes;
    private boolean tooManyLiterals;
    /// Whether there are keys that could be any text.
    private boolean computedKeys;
    private int sites;
    private int globals;
    /// Calls and names before the first array of joblib, -1 as long as there is none.
    private int seenBefore = -1;

    /// What is known of a name.
    ///
    /// @param grade its grade
    /// @param checked whether the arguments of its calls matter
    /// @param unit size of an element, if it is the class of a storage; else 0
    /// @param filled what may be put into what it makes
    /// @param others the unknown names of its module, if it is one
    private record Known(
            Names.Grade grade,
            boolean checked,
            long unit,
            Calls.Filled filled,
            @Nullable Unknown others) {}

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

    /// How to read what is behind the wrapper of an array of joblib.
    enum Reading {
        /// As joblib does: its elements, then the next opcode.
        JOBLIB,
        /// As Python's own unpickler does: the next opcode.
        PLAIN
    }

    /// @param script whether names of `__torch__` mean the code of the archive that the pickle is in
    Judge(Trace trace, Region stream, Budget budget, Reading reading, boolean script) {
        this(trace, stream, budget, reading, script, 0);
    }

    private Judge(Trace trace, Region stream, Budget budget, Reading reading, boolean script, int depth) {
        this.reading = reading;
        this.script = script;
        this.types = new ElementTypes(trace);
        this.joblib = new Joblib(trace, types);
        this.depth = depth;
        this.trace = trace;
        this.stream = stream;
        this.budget = budget;
        this.storages = new Storages(trace);
    }

    private void add(String rule, Severity severity, long offset, String message) {
        add(new Finding(rule, severity, stream.place(), offset, message));
    }

    private void add(Finding finding) {
        found.add(finding);
    }

    private Known known(int global) {
        if (global == known.size()) {
            known.add(look(trace.name(global)));
        }
        return known.get(global);
    }

    private Known look(PickleValue.Global global) {
        TorchType type = StorageTable.storageType(global);
        Names.Grade grade = Names.of(global.module(), global.name());
        boolean open = grade == Names.Grade.UNKNOWN && !(script && Names.isScript(global.module()));
        Unknown others = open ? unknown.computeIfAbsent(global.module(), module -> new Unknown(global.offset())) : null;
        if (Joblib.isWrapper(global)) {
            trace.keepEntries();
        }
        if (global.module().equals(DISTRIBUTED) && global.name().equals("BytesStorageMetadata")) {
            String where = "objects that are loaded as pickles from places in other files, which only this one names";
            add("pickle.elsewhere", Severity.WARNING, global.offset(), where);
        }
        echoes |= global.module().equals("torch.jit._pickle");
        return new Known(grade, Calls.isChecked(global), type == null ? 0 : type.unit(), Calls.filled(global), others);
    }

    private static String shown(PickleValue.Global global) {
        String name = Findings.shown(global.toString());
        String mapped = PythonTwo.map(global.module(), global.name()).toString();
        return mapped.equals(global.toString()) ? name : name + " (" + Findings.shown(mapped) + " in Python 3)";
    }

    @Override
    public void global(int number, long offset) {
        globals++;
        Known what = known(number);
        Unknown others = what.others();
        if (what.grade() == Names.Grade.DANGEROUS) {
            add("pickle.dangerous-import", Severity.DANGER, offset, "imports " + shown(trace.name(number)) + WHY);
        } else if (others != null) {
            others.count++;
            String name = trace.name(number).name();
            if (others.names.size() < 5 && !others.names.contains(name)) {
                others.names.add(name);
            }
        }
    }

    @Override
    public void call(PickleValue.Construction how, long callable, long arguments, long offset)
            throws ModelFormatException {
        boolean named = globals > 0 || Trace.kind(callable) == Trace.REFERENCE || Trace.kind(callable) == Trace.CALL;
        if (!named && Trace.kind(callable) != Trace.GLOBAL) {
            // Lines of a text that happen to be read so: no value here can be called.
            return;
        }
        sites++;
        if (Trace.kind(callable) != Trace.GLOBAL) {
            computed(callable, offset);
            return;
        }
        int number = Trace.global(callable);
        Known what = known(number);
        Unknown others = what.others();
        if (others != null) {
            others.called = true;
            if (Calls.makesClass(trace, trace.name(number), arguments)) {
                add("pickle.argument", Severity.DANGER, offset, "makes a class: its methods are what the file says");
            }
        } else if (what.grade() == Names.Grade.DANGEROUS) {
            add(
                    "pickle.dangerous-call",
                    Severity.DANGER,
                    offset,
                    how + " calls " + shown(trace.name(number)) + Calls.shown(trace, arguments) + WHY);
        } else if (what.grade() == Names.Grade.SAFE && Trace.kind(arguments) != Trace.TUPLE) {
            String shown = shown(trace.name(number));
            add("pickle.argument", Severity.DANGER, offset, shown + " is called with arguments that are computed");
        } else if (what.checked() && (trace.length(arguments) > 0 || how == PickleValue.Construction.NEWOBJ_EX)) {
            checked(how, trace.name(number), arguments, offset);
        }
    }

    private void checked(PickleValue.Construction how, PickleValue.Global global, long arguments, long offset)
            throws ModelFormatException {
        if (computedKeys && global.name().startsWith("_rebuild_")) {
            attributes(0, offset);
        }
        if (global.name().equals("dtype")) {
            trace.countItems();
        }
        String problem = how == PickleValue.Construction.NEWOBJ_EX
                ? "it has arguments by name, as nobody writes"
                : Calls.problem(trace, global, arguments);
        if (global.name().equals("dtype") && Calls.isRecord(trace, arguments)) {
            trace.keepEntries();
        } else if (global.name().equals("scalar") && types.mayHoldObjects(trace.item(arguments, 0))) {
            boolean array = trace.isCallOf(trace.item(arguments, 1), global.module(), "_reconstruct");
            problem = array ? null : "a scalar of objects that is made of bytes, which NumPy takes for addresses";
        } else if (global.name().equals("_frombuffer") && types.mayHoldObjects(trace.item(arguments, 1))) {
            problem = "objects that are made of bytes";
        }
        types.use(trace.item(arguments, 0), budget, stream);
        types.use(trace.item(arguments, 1), budget, stream);
        if (problem != null) {
            String shown = shown(global) + Calls.shown(trace, arguments) + ": " + problem;
            add("pickle.argument", Severity.DANGER, offset, shown);
        } else if (Calls.unfolds(trace, global, arguments)) {
            add(
                    "pickle.unfolds",
                    Severity.WARNING,
                    offset,
                    shown(global) + " of a list, which can take forever to hash");
        }
    }

    /// Calls of what is not simply a name.
    private void computed(long callable, long offset) throws ModelFormatException {
        if (isLegacyClass(callable)) {
            add(
                    "pickle.legacy-class",
                    Severity.WARNING,
                    offset,
                    "instantiates a class whose source text is in the file");
        } else {
            add(
                    "pickle.computed-call",
                    Severity.DANGER,
                    offset,
                    "calls the result of another call; data is never written like that" + WHY);
        }
    }

    /// Whether a reference stands for a class, as in files of whole modules before PyTorch 1.6.
    private boolean isLegacyClass(long value) throws ModelFormatException {
        return Trace.kind(value) == Trace.REFERENCE && trace.is(trace.item(Trace.id(value), 0), "module");
    }

    @Override
    public long build(long target, long state, long offset) throws ModelFormatException {
        int kind = Trace.kind(target);
        sites += kind == Trace.GLOBAL || kind == Trace.CALL || kind == Trace.REFERENCE ? 1 : 0;
        if (kind == Trace.GLOBAL || isLegacyClass(target)) {
            long name = kind == Trace.GLOBAL ? target : trace.item(Trace.id(target), 1);
            String shown = Trace.kind(name) == Trace.GLOBAL ? shown(trace.name(Trace.global(name))) : "a class";
            add(
                    "pickle.build-on-global",
                    Severity.DANGER,
                    offset,
                    "changes the attributes of " + shown + " itself, for the whole program");
        }
        String problem = types.isType(target) ? types.problem(target, state, budget, stream) : null;
        types.use(trace.item(state, ARRAY_TYPE), budget, stream);
        problem = problem == null ? arrayProblem(target, state) : problem;
        if (problem != null) {
            add("pickle.argument", Severity.DANGER, offset, problem);
        }
        if (kind == Trace.CALL && !types.isType(target)) {
            attributes(state, offset);
        }
        return joblib.isArray(target) ? elements(target, state, offset - stream.base() + 1) : 0;
    }

    private @Nullable String arrayProblem(long target, long state) throws ModelFormatException {
        long callable = Trace.kind(target) == Trace.CALL ? trace.callable(target) : 0;
        if (Trace.kind(callable) != Trace.GLOBAL) {
            return null;
        }
        PickleValue.Global global = trace.name(Trace.global(callable));
        if (Calls.givesArray(global)) {
            return "a state for an array that has its elements";
        }
        return Calls.makesArray(global) ? types.arrayProblem(target, state, budget, stream) : null;
    }

    private void attributes(long state, long offset) {
        if (computedKeys || Attributes.isMade(trace, state)) {
            add("pickle.attribute", Severity.WARNING, offset, "attributes whose names are not written out");
        }
    }

    @Override
    public void key(long call) {
        computedKeys |= Attributes.isComputed(trace, call);
    }

    @Override
    public void special(String text, long offset) {
        if (Attributes.isSpecial(text)) {
            String message =
                    "the name " + text + ", which changes what an object is or does if it becomes an attribute";
            add("pickle.attribute", Severity.WARNING, offset, message);
        }
    }

    /// How many bytes the elements of an array take, judging them if they are a pickle.
    private long elements(long wrapper, long state, long next) throws ModelFormatException {
        seenBefore = seenBefore < 0 ? sites + globals : seenBefore;
        types.use(trace.find(state, "dtype"), budget, stream);
        boolean objects = joblib.holdsObjects(state);
        // A second state would leave in place what the first one said of the padding.
        boolean known = types.fill(wrapper, budget, stream) && !echoes && joblib.isUnderstood(wrapper, state);
        long bytes = known ? joblib.bytes(state, stream, next) : -1;
        if (bytes < 0) {
            add(
                    "pickle.two-readings",
                    Severity.ERROR,
                    stream.base() + next,
                    "an array of joblib whose size is not certain: what follows may be elements or opcodes");
            return 0;
        }
        if (reading == Reading.PLAIN && objects) {
            // To other readers the pickle of the objects is the rest of this one and ends it; it is judged for itself.
            throw stream.malformed("pickle.objects", "", next, "a pickle inside this one");
        }
        if (reading == Reading.PLAIN || !objects) {
            return reading == Reading.PLAIN ? 0 : bytes;
        }
        if (depth >= MAX_NESTING) {
            throw stream.limit("maxDepth", "", next, "arrays of objects inside each other, more than " + MAX_NESTING);
        }
        Trace innerTrace = new Trace(stream, budget);
        Judge inner = new Judge(innerTrace, stream, budget, reading, script, depth + 1);
        TraceMachine machine = new TraceMachine(stream, next, budget, innerTrace, inner);
        try {
            machine.run();
        } finally {
            inner.findings().forEach(this::add);
            inner.literals.forEach(this::literal);
            sites += inner.sites;
            globals += inner.globals;
        }
        return machine.position() - next;
    }

    /// Whether something was imported or called behind the first array of joblib.
    boolean actsBehindArrays() {
        return seenBefore >= 0 && sites + globals > seenBefore;
    }

    /// Whether there was an array of joblib.
    boolean hasArrays() {
        return seenBefore >= 0;
    }

    @Override
    public void fill(long target, boolean entries, long offset) {
        boolean made = Trace.kind(target) == Trace.CALL;
        long type = made ? trace.callable(target) : target;
        if (Trace.kind(type) != Trace.GLOBAL) {
            return;
        }
        String name = shown(trace.name(Trace.global(type)));
        if (!made) {
            add("pickle.fill-global", Severity.DANGER, offset, "puts items into " + name + " itself");
        } else if (isClosed(target, entries)) {
            add("pickle.target", Severity.ERROR, offset, "items for what " + name + " makes, which takes none");
        }
    }

    /// Whether what a safe name makes takes no such items: they could reach a method that a state has put in its place.
    private boolean isClosed(long made, boolean entries) {
        Known what = known(Trace.global(trace.callable(made)));
        Calls.Filled filled =
                what.filled() == Calls.Filled.AS_BASE ? base(trace.item(trace.arguments(made), 1)) : what.filled();
        boolean open = filled == (entries ? Calls.Filled.ENTRIES : Calls.Filled.ITEMS);
        return what.grade() == Names.Grade.SAFE && !open;
    }

    private Calls.Filled base(long type) {
        return Trace.kind(type) == Trace.GLOBAL ? Calls.filled(trace.name(Trace.global(type))) : Calls.Filled.NOTHING;
    }

    @Override
    public void persistentId(long id, long offset) throws ModelFormatException {
        if (trace.is(trace.item(id, 0), "module")) {
            add("pickle.legacy-class", Severity.WARNING, offset, "a class whose source text is in the file");
        }
        long type = trace.item(id, 1);
        long key = trace.item(id, 2);
        long count = trace.item(id, 4);
        if (!isStorage(trace.item(id, 0))
                || Trace.kind(type) != Trace.GLOBAL
                || Trace.kind(key) != Trace.TEXT
                || Trace.kind(count) != Trace.INT) {
            return;
        }
        long unit = known(Trace.global(type)).unit();
        long elements = Trace.number(count);
        boolean fits = elements >= 0 && unit > 0 && elements <= Long.MAX_VALUE / 16;
        storages.add(key, fits ? elements * unit : -1, budget, stream);
    }

    private boolean isStorage(long text) throws ModelFormatException {
        if (text == tag && tag != 0) {
            return true;
        }
        boolean storage = trace.is(text, "storage");
        tag = storage ? text : tag;
        return storage;
    }

    @Override
    public boolean isNotable(int first, int second) {
        return Literals.mayBegin(first, second);
    }

    @Override
    public void literal(PickleValue literal) {
        if (!Literals.mayBePickle(literal)) {
            return;
        }
        if (literals.size() < MAX_LITERALS) {
            literals.add(literal);
        } else if (!tooManyLiterals) {
            tooManyLiterals = true;
            add("scan.limit", Severity.ERROR, -1, "more than " + MAX_LITERALS + " strings that could be pickles");
        }
    }

    @Override
    public void note(String rule, long offset, String what) {
        Severity severity = switch (rule) {
            case "pickle.computed-global" -> Severity.DANGER;
            case "pickle.target", "pickle.size", "pickle.truncated", "pickle.number", "pickle.string", "pickle.line" ->
                Severity.ERROR;
            default -> Severity.WARNING;
        };
        add(rule, severity, offset, what);
    }

    /// Everything that was found, with one line for each module with unknown names.
    List<Finding> findings() {
        List<Finding> all = new ArrayList<>(found.list());
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

    /// The storages that are referred to.
    Storages storages() {
        return storages;
    }

    /// Literals that look like pickles.
    List<PickleValue> literals() {
        return literals;
    }

    /// Whether a name was imported that could be one of Python, unlike the lines of a text that happen to be read so.
    boolean namesSomething() {
        for (int i = 0; i < known.size(); i++) {
            if (trace.name(i).toString().matches("[\\w.]+")) {
                return true;
            }
        }
        return false;
    }

    /// Whether there is anything to say or to look into.
    boolean hasSomething() {
        return !found.list().isEmpty() || !literals.isEmpty();
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
