package dev.modelfile.checkpoint.pickle;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.PickleValue.Construction;
import dev.modelfile.checkpoint.PickleValue.Kind;
import dev.modelfile.io.Region;

/// Runs one pickle after the other from a stream, on values that do nothing. Iterative, so nesting costs no stack; what
/// it allocates is counted before.
///
/// Source of the opcodes' meaning: CPython's `pickletools` and the behaviour of its C unpickler.
public final class PickleMachine {
    private static final int NODE = 32;
    private static final int SLOT = 8;
    private static final int HIGHEST_PROTOCOL = 5;
    /// From so many plain values on, the first batch of a list stays in the stream, and so do those that follow.
    private static final int LONG_LIST = 64;
    /// The memo holds so many values as they are; of later short texts it knows only the place.
    private static final int FEW = 4096;

    private final Region stream;
    private final Budget budget;
    private final PickleObserver observer;
    private final PickleInput input;
    private final Arguments arguments;
    private final PlainRun run;
    private OperandStack stack;
    private Memo memo;
    private int protocol;
    private long frameEnd;
    /// Where the opcode that runs begins.
    private long at;

    /// A machine that begins at the start of a region.
    ///
    /// @throws MalformedModelException never for a position of 0
    public PickleMachine(Region stream, Budget budget, PickleObserver observer) throws MalformedModelException {
        this(stream, 0, budget, observer);
    }

    /// A machine that begins somewhere in a region.
    ///
    /// @throws MalformedModelException if the position is not inside
    public PickleMachine(Region stream, long position, Budget budget, PickleObserver observer)
            throws MalformedModelException {
        this.stream = stream;
        this.budget = budget;
        this.observer = observer;
        this.input = new PickleInput(stream, position);
        this.arguments = new Arguments(stream, input, budget, observer);
        this.run = new PlainRun(stream, budget);
        this.stack = new OperandStack(stream, budget);
        this.memo = new Memo();
    }

    /// Offset in the region of what comes next.
    public long position() {
        return input.position();
    }

    /// Moves to data behind a pickle.
    ///
    /// @throws MalformedModelException if that is not inside the region
    public void skip(long bytes) throws MalformedModelException {
        input.skip(bytes);
    }

    /// Offset in the region of the last opcode that was begun.
    public long lastOpcode() {
        return at;
    }

    /// Runs to the next STOP.
    ///
    /// @return the value that the pickle describes
    /// @throws ModelFormatException if the stream is no pickle, ends early, exceeds a limit, or the observer refuses it
    public PickleValue load() throws ModelFormatException {
        stack = new OperandStack(stream, budget);
        memo = new Memo();
        protocol = 0;
        frameEnd = -1;
        while (true) {
            at = input.position();
            if (frameEnd >= 0 && at >= frameEnd) {
                frameEnd = -1;
            }
            int opcode = input.u8();
            budget.opcode(stream, at);
            observer.opcode(opcode, stream.base() + at);
            if (opcode == Opcodes.STOP) {
                checkFrame(opcode);
                return stack.pop(at);
            }
            run(opcode);
            checkFrame(opcode);
        }
    }

    private void checkFrame(int opcode) throws ModelFormatException {
        if (frameEnd >= 0 && opcode != Opcodes.FRAME) {
            long now = input.position();
            if (now > frameEnd || (opcode == Opcodes.STOP && now != frameEnd)) {
                note("pickle.frame-desync", Opcodes.name(opcode) + " does not end with its frame");
                frameEnd = -1;
            }
        }
    }

    private void note(String rule, String what) throws ModelFormatException {
        observer.note(rule, stream.base() + at, what);
    }

    private MalformedModelException malformed(String rule, String problem) {
        return stream.malformed(rule, "", at, problem);
    }

    private void run(int opcode) throws ModelFormatException {
        switch (opcode) {
            case Opcodes.MARK -> stack.mark();
            case Opcodes.POP -> drop();
            case Opcodes.POP_MARK -> stack.popToMark(at);
            case Opcodes.DUP -> stack.push(stack.top(at));
            case Opcodes.PERSID -> reference(arguments.shortLine(at), true);
            case Opcodes.BINPERSID -> reference(stack.pop(at), false);
            case Opcodes.APPEND -> append(stack.pop(at));
            case Opcodes.APPENDS, Opcodes.ADDITEMS -> append(stack.popToMark(at));
            case Opcodes.SETITEM -> setItem();
            case Opcodes.SETITEMS -> setItems(stack.popToMark(at));
            case Opcodes.EMPTY_TUPLE -> stack.push(Constants.EMPTY_TUPLE);
            case Opcodes.EMPTY_LIST -> push(new ListNode(), NODE + SLOT);
            case Opcodes.EMPTY_SET -> push(new SequenceNode(Kind.SET), NODE + SLOT);
            case Opcodes.EMPTY_DICT -> push(new DictNode(), 2 * NODE);
            case Opcodes.TUPLE -> container(Kind.TUPLE, stack.popToMark(at));
            case Opcodes.LIST -> container(Kind.LIST, stack.popToMark(at));
            case Opcodes.FROZENSET -> container(Kind.FROZENSET, stack.popToMark(at));
            case Opcodes.TUPLE1, Opcodes.TUPLE2, Opcodes.TUPLE3 -> tuple(opcode - Opcodes.TUPLE1 + 1);
            case Opcodes.DICT -> dict(stack.popToMark(at));
            case Opcodes.GET, Opcodes.BINGET, Opcodes.LONG_BINGET -> get(arguments.index(opcode, at));
            case Opcodes.PUT, Opcodes.BINPUT, Opcodes.LONG_BINPUT -> put(arguments.index(opcode, at));
            case Opcodes.MEMOIZE -> put(memo.size());
            case Opcodes.GLOBAL -> global(arguments.name(at), arguments.name(at));
            case Opcodes.STACK_GLOBAL -> stackGlobal();
            case Opcodes.REDUCE -> call(Construction.REDUCE);
            case Opcodes.NEWOBJ -> call(Construction.NEWOBJ);
            case Opcodes.NEWOBJ_EX -> newObjEx();
            case Opcodes.INST -> inst();
            case Opcodes.OBJ -> obj();
            case Opcodes.BUILD -> build();
            case Opcodes.PROTO -> proto(input.u8());
            case Opcodes.FRAME -> frame(input.i64());
            case Opcodes.EXT1 -> extension(input.u8());
            case Opcodes.EXT2 -> extension(input.u16());
            case Opcodes.EXT4 -> extension(input.i32());
            case Opcodes.NEXT_BUFFER -> buffer();
            case Opcodes.READONLY_BUFFER -> readOnly();
            default -> plain(opcode);
        }
    }

    private void plain(int opcode) throws ModelFormatException {
        long before = budget.used();
        PickleValue value = arguments.plain(opcode, at);
        stack.push(value);
        run.add(value, at, input.position(), budget.used() - before);
    }

    private void push(PickleValue value, long heap) throws ModelFormatException {
        budget.heap(heap, stream, at);
        stack.push(value);
    }

    private void drop() throws ModelFormatException {
        if (stack.atFence() && stack.marks() > 0) {
            stack.dropMark(at);
        } else {
            stack.pop(at);
        }
    }

    private void reference(PickleValue id, boolean textual) throws ModelFormatException {
        observer.persistentId(id, textual, stream.base() + at);
        push(new PickleValue.PersistentId(id, stream.base() + at), NODE);
    }

    private void container(Kind kind, PickleValue[] items) throws ModelFormatException {
        push(new SequenceNode(kind, items), NODE + 16 + (long) SLOT * items.length);
    }

    private void tuple(int length) throws ModelFormatException {
        PickleValue[] items = new PickleValue[length];
        for (int i = length - 1; i >= 0; i--) {
            items[i] = stack.pop(at);
        }
        container(Kind.TUPLE, items);
    }

    private void dict(PickleValue[] flat) throws ModelFormatException {
        DictNode dict = new DictNode();
        push(dict, 2 * NODE);
        setItems(flat);
    }

    private void append(PickleValue... items) throws ModelFormatException {
        PickleValue target = stack.top(at);
        observer.fill(target, false, stream.base() + at);
        if (target instanceof ListNode list && packs(list, items)) {
            return;
        }
        budget.heap(2L * SLOT * items.length, stream, at);
        for (PickleValue item : items) {
            switch (target) {
                case SequenceNode list
                when list.kind() != Kind.TUPLE && list.kind() != Kind.FROZENSET -> list.add(item);
                case InstanceNode instance -> instance.add(item);
                default -> throw malformed("pickle.target", "items for " + target + ", which takes none");
            }
        }
    }

    /// Leaves items of a long list in the stream if all of them are plain values.
    private boolean packs(ListNode list, PickleValue[] items) throws ModelFormatException {
        PackedItems packed = list.packed();
        boolean plain = items.length > 0 && run.is(items.length, at);
        if (plain && packed == null && list.size() == 0 && items.length >= LONG_LIST) {
            packed = new PackedItems(stream, budget);
            list.pack(packed);
        }
        if (plain && packed != null) {
            packed.add(run, items);
            return true;
        }
        if (packed != null && items.length > 0) {
            budget.heap(packed.saved() + 2L * SLOT * packed.size(), stream, at);
            list.unpack();
        }
        return false;
    }

    private void setItem() throws ModelFormatException {
        PickleValue value = stack.pop(at);
        setItems(new PickleValue[] {stack.pop(at), value});
    }

    private void setItems(PickleValue[] flat) throws ModelFormatException {
        PickleValue target = stack.top(at);
        if (flat.length % 2 != 0) {
            throw malformed("pickle.odd-items", "an odd number of keys and values");
        }
        budget.heap(2L * SLOT * flat.length, stream, at);
        observer.fill(target, true, stream.base() + at);
        for (int i = 0; i < flat.length; i += 2) {
            switch (target) {
                case DictNode dict -> dict.pairs.put(flat[i], flat[i + 1]);
                case InstanceNode instance -> instance.put(flat[i], flat[i + 1]);
                default -> throw malformed("pickle.target", "entries for " + target + ", which takes none");
            }
        }
    }

    private void get(int index) throws ModelFormatException {
        PickleValue value = memo.get(index);
        if (value == null && memo.place(index) >= 0) {
            value = again(memo.place(index));
            memo.put(index, value);
        }
        if (value == null) {
            throw malformed("pickle.memo", "memo " + Integer.toUnsignedString(index) + " is empty");
        }
        stack.push(value);
    }

    /// Makes a short text that the memo knows by its place.
    private PickleValue again(long place) throws ModelFormatException {
        PickleInput there = new PickleInput(stream, place);
        return new Arguments(stream, there, budget, PickleObserver.NONE).scalar(there.u8(), place);
    }

    private void put(int index) throws ModelFormatException {
        budget.heap(2 * SLOT, stream, at);
        PickleValue value = stack.top(at);
        memo.put(index, value);
        long place = run.last(at);
        if (place >= 0 && memo.size() > FEW && value instanceof TextNode text && text.isShort()) {
            memo.keepPlace(index, place);
        } else {
            run.share();
        }
        run.pass(at, input.position());
    }

    private void global(String module, String name) throws ModelFormatException {
        PickleValue.Global global = new PickleValue.Global(module, name, stream.base() + at);
        observer.global(global, protocol);
        push(global, NODE);
    }

    private void stackGlobal() throws ModelFormatException {
        PickleValue name = stack.pop(at);
        PickleValue module = stack.pop(at);
        if (module instanceof TextNode first && name instanceof TextNode second) {
            if (first.byteSize() > PickleInput.LONGEST || second.byteSize() > PickleInput.LONGEST) {
                throw malformed("pickle.name", "a global whose name is longer than " + PickleInput.LONGEST);
            }
            global(first.value(), second.value());
        } else {
            note("pickle.computed-global", "STACK_GLOBAL with a name that is no plain text");
            push(new PickleValue.Opaque("global", "computed"), NODE);
        }
    }

    private void call(Construction how) throws ModelFormatException {
        PickleValue taken = stack.pop(at);
        made(how, stack.pop(at), taken, null);
    }

    private void newObjEx() throws ModelFormatException {
        PickleValue keywords = stack.pop(at);
        PickleValue taken = stack.pop(at);
        made(Construction.NEWOBJ_EX, stack.pop(at), taken, keywords);
    }

    private void inst() throws ModelFormatException {
        global(arguments.name(at), arguments.name(at));
        PickleValue callable = stack.pop(at);
        PickleValue[] items = stack.popToMark(at);
        made(Construction.INST, callable, new SequenceNode(Kind.TUPLE, items), null);
    }

    private void obj() throws ModelFormatException {
        PickleValue[] items = stack.popToMark(at);
        if (items.length == 0) {
            throw malformed("pickle.stack-underflow", "OBJ finds no class");
        }
        PickleValue[] rest = java.util.Arrays.copyOfRange(items, 1, items.length);
        made(Construction.OBJ, items[0], new SequenceNode(Kind.TUPLE, rest), null);
    }

    private void made(
            Construction how,
            PickleValue callable,
            PickleValue taken,
            @org.jspecify.annotations.Nullable PickleValue keywords)
            throws ModelFormatException {
        InstanceNode instance = new InstanceNode(how, callable, taken, keywords, stream.base() + at);
        push(instance, 3 * NODE);
        observer.call(instance);
    }

    private void build() throws ModelFormatException {
        PickleValue state = stack.pop(at);
        PickleValue target = stack.top(at);
        budget.heap(2 * NODE, stream, at);
        long data = observer.build(target, state, stream.base() + at);
        if (target instanceof InstanceNode instance) {
            instance.state(state);
        } else if (!(target instanceof PickleValue.Global || target instanceof PickleValue.PersistentId)) {
            throw malformed("pickle.target", "a state for " + target + ", which has none");
        }
        if (data > 0) {
            input.skip(data);
        }
    }

    private void proto(int version) throws ModelFormatException {
        if (version > HIGHEST_PROTOCOL) {
            throw malformed("pickle.protocol", "protocol " + version + ", known are 0 to " + HIGHEST_PROTOCOL);
        }
        protocol = version;
    }

    private void frame(long length) throws ModelFormatException {
        if (frameEnd >= 0) {
            note("pickle.frame-desync", "a FRAME inside a frame");
        }
        if (length < 0 || length > input.remaining()) {
            throw malformed(
                    "pickle.truncated",
                    "a frame of " + Long.toUnsignedString(length) + " bytes vs " + input.remaining() + " available");
        }
        frameEnd = input.position() + length;
        run.pass(at, input.position());
    }

    private void extension(int code) throws ModelFormatException {
        if (code <= 0) {
            throw malformed("pickle.extension", "extension code " + code + " is not positive");
        }
        note("pickle.extension", "code " + code + " of the extension registry, whose content is not in the file");
        push(new PickleValue.Opaque("extension", Integer.toString(code)), NODE);
    }

    private void buffer() throws ModelFormatException {
        note("pickle.buffer", "an out-of-band buffer, which is not in the file");
        push(new PickleValue.Opaque("buffer", "out of band"), NODE);
    }

    private void readOnly() throws ModelFormatException {
        PickleValue target = stack.top(at);
        boolean buffer = target instanceof PickleValue.Bytes
                || (target instanceof PickleValue.Opaque opaque && opaque.kind().equals("buffer"));
        if (!buffer) {
            throw malformed("pickle.target", "READONLY_BUFFER on " + target);
        }
        note("pickle.buffer", "READONLY_BUFFER");
    }
}
