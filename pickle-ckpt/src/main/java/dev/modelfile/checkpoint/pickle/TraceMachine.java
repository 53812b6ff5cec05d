package dev.modelfile.checkpoint.pickle;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.PickleValue.Construction;
import dev.modelfile.io.Region;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Runs one pickle for its outline: the same opcodes with the same errors as [PickleMachine], but nothing is built, so
/// that a scan is fast and holds little. A test compares the two.
public final class TraceMachine {
    /// Values that a tuple may have in full, if these are more than the stream has bytes.
    private static final long UNFOLDED = 1 << 20;
    private static final int HIGHEST_PROTOCOL = 5;
    private static final int LITERAL = 16;
    private static final long NO_FRAME = Long.MAX_VALUE;

    private final Region stream;
    private final Budget budget;
    private final TraceObserver observer;
    private final PickleInput input;
    private final Arguments arguments;
    private final TraceStack stack;
    private final TraceMemo memo;
    private final Trace trace;
    private final TraceNames names;
    private final TraceScalars scalars;
    private long frameEnd = NO_FRAME;
    private boolean unfolds;
    /// Where the opcode that runs begins.
    private long at;

    /// A machine that begins somewhere in a region.
    ///
    /// @param trace takes the values
    /// @throws MalformedModelException if the position is not inside
    public TraceMachine(Region stream, long position, Budget budget, Trace trace, TraceObserver observer)
            throws MalformedModelException {
        this.stream = stream;
        this.budget = budget;
        this.trace = trace;
        this.observer = observer;
        this.input = new PickleInput(stream, position);
        this.arguments = new Arguments(stream, input, budget, new Remarks());
        this.stack = new TraceStack(stream, budget);
        this.memo = new TraceMemo(stream, budget);
        this.names = new TraceNames(input, arguments, trace);
        this.scalars = new TraceScalars(stream, input, arguments, budget, observer);
    }

    /// Offset in the region of what comes next.
    public long position() {
        return input.position();
    }

    /// Offset in the region of the last opcode that was begun.
    public long lastOpcode() {
        return at;
    }

    /// Where the frame ends that the STOP left open, for readers that go on there; -1 if it left none.
    public long openFrame() {
        return frameEnd != NO_FRAME && frameEnd > input.position() ? frameEnd : -1;
    }

    /// Runs to the STOP. What only the reader of a model has to refuse, such as items for something that takes none, is
    /// a remark of rule `pickle.target`, `pickle.size` or `pickle.truncated`, so that the rest is seen too; so are
    /// lines of numbers and texts that it does not understand, with the rule of what is wrong.
    ///
    /// @return the value that the pickle describes, in outline
    /// @throws ModelFormatException if the stream is no pickle, ends early, exceeds a limit, or the observer refuses it
    public long run() throws ModelFormatException {
        at = input.position();
        while (true) {
            int opcode = input.u8();
            budget.opcode(stream, at);
            if (opcode == Opcodes.STOP) {
                return stop();
            }
            step(opcode);
            long next = input.position();
            if (next >= frameEnd) {
                endFrame(opcode, next);
            }
            at = next;
        }
    }

    private long stop() throws ModelFormatException {
        if (frameEnd != NO_FRAME && input.position() != frameEnd) {
            crossed(Opcodes.STOP);
        }
        return stack.pop(at);
    }

    private void endFrame(int opcode, long next) throws ModelFormatException {
        if (next > frameEnd) {
            crossed(opcode);
        }
        frameEnd = NO_FRAME;
    }

    private void crossed(int opcode) throws ModelFormatException {
        note("pickle.frame-desync", Opcodes.name(opcode) + " does not end with its frame");
    }

    private void note(String rule, String what) throws ModelFormatException {
        observer.note(rule, stream.base() + at, what);
    }

    private MalformedModelException malformed(String rule, String problem) {
        return stream.malformed(rule, "", at, problem);
    }

    private void step(int opcode) throws ModelFormatException {
        switch (opcode) {
            case Opcodes.MARK -> stack.mark();
            case Opcodes.POP -> drop();
            case Opcodes.POP_MARK -> stack.popToMark(at);
            case Opcodes.DUP -> stack.push(stack.top(at));
            case Opcodes.NONE -> stack.push(Trace.PLAIN);
            case Opcodes.NEWTRUE, Opcodes.NEWFALSE -> stack.push(Trace.OTHER);
            case Opcodes.BININT1 -> stack.push(Trace.integer(input.u8()));
            case Opcodes.BININT2 -> stack.push(Trace.integer(input.u16()));
            case Opcodes.BININT -> stack.push(Trace.integer(input.i32()));
            case Opcodes.BINFLOAT -> {
                input.have(Double.BYTES);
                stack.push(Trace.OTHER);
            }
            case Opcodes.BINUNICODE -> text(input.i32() & 0xFFFF_FFFFL);
            case Opcodes.SHORT_BINUNICODE -> text(input.u8());
            case Opcodes.BINUNICODE8 -> text(input.i64());
            case Opcodes.SHORT_BINBYTES -> bytes(input.u8());
            case Opcodes.BINBYTES -> bytes(input.i32() & 0xFFFF_FFFFL);
            case Opcodes.BINBYTES8, Opcodes.BYTEARRAY8 -> bytes(input.i64());
            case Opcodes.BINGET -> get(input.u8());
            case Opcodes.LONG_BINGET -> get(input.i32());
            case Opcodes.GET -> getLine();
            case Opcodes.BINPUT -> memo.put(input.u8(), stack.top(at));
            case Opcodes.LONG_BINPUT -> memo.put(input.i32(), stack.top(at));
            case Opcodes.PUT -> putLine();
            case Opcodes.MEMOIZE -> memo.add(stack.top(at));
            case Opcodes.EMPTY_TUPLE -> stack.push(Trace.TUPLE);
            case Opcodes.EMPTY_LIST -> stack.push(trace.list(0));
            case Opcodes.EMPTY_SET -> stack.push(Trace.LIST);
            case Opcodes.EMPTY_DICT -> stack.push(trace.dict());
            case Opcodes.TUPLE1, Opcodes.TUPLE2, Opcodes.TUPLE3 -> tuple(opcode - Opcodes.TUPLE1 + 1);
            case Opcodes.TUPLE -> tuple();
            case Opcodes.LIST -> stack.push(trace.list(stack.popToMark(at)));
            case Opcodes.FROZENSET -> {
                stack.popToMark(at);
                stack.push(Trace.FROZEN);
            }
            case Opcodes.DICT -> dict();
            case Opcodes.APPEND -> append();
            case Opcodes.APPENDS, Opcodes.ADDITEMS -> items(stack.popToMark(at));
            case Opcodes.SETITEM -> setItem();
            case Opcodes.SETITEMS -> setItems();
            default -> rare(opcode);
        }
    }

    /// What comes once for an object at most.
    private void rare(int opcode) throws ModelFormatException {
        switch (opcode) {
            case Opcodes.GLOBAL -> global(names.next(at));
            case Opcodes.STACK_GLOBAL -> stackGlobal();
            case Opcodes.REDUCE -> call(Construction.REDUCE);
            case Opcodes.NEWOBJ -> call(Construction.NEWOBJ);
            case Opcodes.NEWOBJ_EX -> {
                stack.pop(at);
                call(Construction.NEWOBJ_EX);
            }
            case Opcodes.INST -> inst();
            case Opcodes.OBJ -> obj();
            case Opcodes.BUILD -> build();
            case Opcodes.BINPERSID -> reference(stack.pop(at));
            case Opcodes.PERSID -> {
                arguments.shortLine(at);
                reference(Trace.value(Trace.TEXT, at));
            }
            case Opcodes.PROTO -> proto(input.u8());
            case Opcodes.FRAME -> frame(input.i64());
            case Opcodes.EXT1 -> extension(input.u8());
            case Opcodes.EXT2 -> extension(input.u16());
            case Opcodes.EXT4 -> extension(input.i32());
            case Opcodes.NEXT_BUFFER -> {
                note("pickle.buffer", "an out-of-band buffer, which is not in the file");
                stack.push(Trace.BUFFER);
            }
            case Opcodes.READONLY_BUFFER -> readOnly();
            case Opcodes.LONG4 -> stack.push(scalars.wide(input.i32(), at));
            case Opcodes.INT, Opcodes.LONG, Opcodes.FLOAT, Opcodes.STRING, Opcodes.UNICODE ->
                stack.push(scalars.line(opcode, at));
            default -> stack.push(scalars.of(opcode, at));
        }
    }

    private void getLine() throws ModelFormatException {
        int index = scalars.index(Opcodes.GET, at);
        if (index < 0) {
            stack.push(Trace.OTHER);
        } else {
            get(index);
        }
    }

    private void putLine() throws ModelFormatException {
        int index = scalars.index(Opcodes.PUT, at);
        long value = stack.top(at);
        if (index >= 0) {
            memo.put(index, value);
        }
    }

    private void drop() throws ModelFormatException {
        if (stack.isMarkOnTop()) {
            stack.dropMark(at);
        } else {
            stack.pop(at);
        }
    }

    private void text(long length) throws ModelFormatException {
        if (length >= 0 && length <= PickleInput.LONGEST) {
            int from = input.have((int) length);
            byte[] window = input.window();
            int bits = 0;
            for (int i = from; i < from + (int) length; i++) {
                bits |= window[i];
            }
            if (bits < 0 && !PythonText.isUtf8(window, from, (int) length)) {
                throw malformed("pickle.string", "text that is not UTF-8");
            }
            if (length > 2 && window[from] == '_' && window[from + 1] == '_') {
                observer.special(PythonText.utf8(window, from, (int) length), stream.base() + at);
            }
            if (length >= LITERAL && observer.isNotable(window[from] & 0xFF, window[from + 1] & 0xFF)) {
                observer.literal(new TextNode(PythonText.utf8(window, from, (int) length), length));
            }
        } else {
            longText(length);
        }
        stack.push(Trace.value(Trace.TEXT, at));
    }

    private void longText(long length) throws ModelFormatException {
        MemorySegment bytes = input.slice(length);
        if (length > budget.limits().maxStringBytes()) {
            throw stream.limit("maxStringBytes", "", at, "a string of " + length + " bytes");
        }
        if (!Utf8.isValid(bytes)) {
            throw malformed("pickle.string", "text that is not UTF-8");
        }
        TextNode text = new TextNode(bytes);
        if (observer.isNotable(first(bytes, 0), first(bytes, 1))) {
            observer.literal(text);
        }
    }

    private static int first(MemorySegment bytes, int index) {
        return bytes.get(ValueLayout.JAVA_BYTE, index) & 0xFF;
    }

    private void bytes(long length) throws ModelFormatException {
        if (length >= 0 && length < LITERAL) {
            input.have((int) length);
        } else {
            MemorySegment bytes = input.slice(length);
            if (observer.isNotable(first(bytes, 0), first(bytes, 1))) {
                observer.literal(new PickleValue.Bytes(bytes.asReadOnly(), false));
            }
        }
        stack.push(Trace.BYTES);
    }

    private void get(int index) throws ModelFormatException {
        long value = memo.get(index);
        if (value == TraceMemo.NONE) {
            throw malformed("pickle.memo", "memo " + Integer.toUnsignedString(index) + " is empty");
        }
        stack.push(value);
    }

    private void tuple(int length) throws ModelFormatException {
        stack.take(length, at);
        made(length);
    }

    private void tuple() throws ModelFormatException {
        made(stack.popToMark(at));
    }

    private void made(int length) throws ModelFormatException {
        long tuple = trace.tuple(stack.values(), stack.size(), stack.size() + length);
        if (trace.weight(tuple) > Math.max(UNFOLDED, stream.size()) && !unfolds) {
            unfolds = true;
            note(
                    "pickle.unfolds",
                    "tuples inside tuples again and again, which can take forever to compare or to hash");
        }
        stack.push(tuple);
    }

    private void dict() throws ModelFormatException {
        int count = stack.popToMark(at);
        long dict = trace.dict();
        entries(dict, count);
        stack.push(dict);
    }

    private void append() throws ModelFormatException {
        stack.take(1, at);
        items(1);
    }

    /// Items for what is below them.
    private void items(int count) throws ModelFormatException {
        long target = stack.top(at);
        if (Trace.kind(target) == Trace.GLOBAL || Trace.kind(target) == Trace.CALL) {
            observer.fill(target, false, stream.base() + at);
        }
        if (count > 0 && Trace.kind(target) != Trace.LIST && Trace.kind(target) != Trace.CALL) {
            note("pickle.target", "items for something that takes none");
        }
        trace.added(target, count);
    }

    private void setItem() throws ModelFormatException {
        stack.take(1, at);
        stack.take(1, at);
        entries(stack.top(at), 2);
    }

    private void setItems() throws ModelFormatException {
        int count = stack.popToMark(at);
        entries(stack.top(at), count);
    }

    /// Keys and values, `count` in all, for what is below them.
    private void entries(long target, int count) throws ModelFormatException {
        if (count % 2 != 0) {
            throw malformed("pickle.odd-items", "an odd number of keys and values");
        }
        int kind = Trace.kind(target);
        if (kind == Trace.GLOBAL || kind == Trace.CALL) {
            observer.fill(target, true, stream.base() + at);
        }
        if (count > 0 && trace.isFrozen(target)) {
            note("pickle.target", "entries for the fields of an element type that is complete");
        }
        long[] values = stack.values();
        for (int i = stack.size(); i < stack.size() + count; i += 2) {
            if (Trace.kind(values[i]) == Trace.CALL) {
                observer.key(values[i]);
            }
            if (kind == Trace.DICT) {
                trace.entry(target, values[i], values[i + 1]);
            }
        }
        if (count > 0 && kind != Trace.DICT && kind != Trace.CALL) {
            note("pickle.target", "entries for something that takes none");
        }
    }

    private void global(int number) throws ModelFormatException {
        observer.global(number, stream.base() + at);
        stack.push(Trace.value(Trace.GLOBAL, number));
    }

    private void stackGlobal() throws ModelFormatException {
        long name = stack.pop(at);
        long module = stack.pop(at);
        if (Trace.kind(name) != Trace.TEXT || Trace.kind(module) != Trace.TEXT) {
            note("pickle.computed-global", "STACK_GLOBAL with a name that is no plain text");
            stack.push(Trace.ABSENT);
            return;
        }
        if (trace.byteSize(name) > PickleInput.LONGEST || trace.byteSize(module) > PickleInput.LONGEST) {
            throw malformed("pickle.name", "a global whose name is longer than " + PickleInput.LONGEST);
        }
        global(trace.numberOf(trace.text(module), trace.text(name), at));
    }

    private void call(Construction how) throws ModelFormatException {
        long taken = stack.pop(at);
        made(how, stack.pop(at), taken);
    }

    private void inst() throws ModelFormatException {
        int number = names.next(at);
        observer.global(number, stream.base() + at);
        int count = stack.popToMark(at);
        long taken = trace.tuple(stack.values(), stack.size(), stack.size() + count);
        made(Construction.INST, Trace.value(Trace.GLOBAL, number), taken);
    }

    private void obj() throws ModelFormatException {
        int count = stack.popToMark(at);
        if (count == 0) {
            throw malformed("pickle.stack-underflow", "OBJ finds no class");
        }
        long callable = stack.values()[stack.size()];
        long taken = trace.tuple(stack.values(), stack.size() + 1, stack.size() + count);
        made(Construction.OBJ, callable, taken);
    }

    private void made(Construction how, long callable, long taken) throws ModelFormatException {
        stack.push(trace.call(callable, taken));
        observer.call(how, callable, taken, stream.base() + at);
    }

    private void build() throws ModelFormatException {
        long state = stack.pop(at);
        long target = stack.top(at);
        long data = observer.build(target, state, stream.base() + at);
        int kind = Trace.kind(target);
        if (kind != Trace.CALL && kind != Trace.GLOBAL && kind != Trace.REFERENCE) {
            note("pickle.target", "a state for something that has none");
        }
        if (data > 0) {
            skip(data);
        }
    }

    /// Moves past data, which has to begin where a frame ends: readers that honour frames look for it there.
    private void skip(long data) throws ModelFormatException {
        if (frameEnd != NO_FRAME && frameEnd != input.position()) {
            note("pickle.frame-desync", "data that begins inside a frame");
        }
        frameEnd = NO_FRAME;
        input.skip(data);
    }

    private void reference(long id) throws ModelFormatException {
        observer.persistentId(id, stream.base() + at);
        stack.push(trace.reference(id));
    }

    private void proto(int version) throws ModelFormatException {
        if (version > HIGHEST_PROTOCOL) {
            throw malformed("pickle.protocol", "protocol " + version + ", known are 0 to " + HIGHEST_PROTOCOL);
        }
    }

    private void frame(long length) throws ModelFormatException {
        if (frameEnd != NO_FRAME) {
            note("pickle.frame-desync", "a FRAME inside a frame");
        }
        if (length < 0) {
            throw malformed("pickle.truncated", "a frame of " + Long.toUnsignedString(length) + " bytes");
        }
        if (length > input.remaining()) {
            // CPython refuses it, but its own unpickler in Python takes what there is.
            note("pickle.truncated", "a frame of " + length + " bytes vs " + input.remaining() + " available");
        }
        frameEnd = input.position() + Math.min(length, input.remaining());
    }

    private void extension(int code) throws ModelFormatException {
        if (code <= 0) {
            throw malformed("pickle.extension", "extension code " + code + " is not positive");
        }
        note("pickle.extension", "code " + code + " of the extension registry, whose content is not in the file");
        stack.push(Trace.ABSENT);
    }

    private void readOnly() throws ModelFormatException {
        int kind = Trace.kind(stack.top(at));
        if (kind != Trace.BYTES && kind != Trace.BUFFER) {
            throw malformed("pickle.target", "READONLY_BUFFER on something that is no buffer");
        }
        note("pickle.buffer", "READONLY_BUFFER");
    }

    /// Passes on what the arguments of rare opcodes give cause to say.
    private final class Remarks implements PickleObserver {
        @Override
        public void literal(PickleValue literal, long offset) throws ModelFormatException {
            observer.literal(literal);
        }

        @Override
        public void note(String rule, long offset, String what) throws ModelFormatException {
            observer.note(rule, offset, what);
        }
    }
}
