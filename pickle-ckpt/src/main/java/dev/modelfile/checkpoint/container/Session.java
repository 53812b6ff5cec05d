package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadOptions;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.PickleMachine;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.checkpoint.zip.Findings;
import dev.modelfile.io.MappedFile;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TensorData;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the reading of one model needs everywhere: its options, budget, findings, and the names that it imports.
public final class Session {
    private static final int MAX_GLOBALS = 100_000;

    private final ReadOptions options;
    private final Budget budget;
    private final Findings findings = new Findings();
    private final Map<String, PickleValue.Global> globals = new LinkedHashMap<>();

    /// A session with options.
    public Session(ReadOptions options) {
        this.options = options;
        this.budget = new Budget(options.limits());
    }

    /// The options.
    public ReadOptions options() {
        return options;
    }

    /// The budget of all pickles together.
    public Budget budget() {
        return budget;
    }

    /// What was found so far.
    public Findings findings() {
        return findings;
    }

    /// The distinct names that the pickles import.
    public List<PickleValue.Global> globals() {
        return List.copyOf(globals.values());
    }

    /// A machine for a stream.
    ///
    /// @throws ModelFormatException if the position is not inside
    public PickleMachine machine(Region stream, long position, PickleObserver more) throws ModelFormatException {
        return new PickleMachine(stream, position, budget, new Watch(stream, more));
    }

    /// Runs one pickle that has to fill its record.
    ///
    /// @throws ModelFormatException if it is broken
    PickleValue pickle(Region stream) throws ModelFormatException {
        PickleObserver policy =
                options.weightsOnly() ? new WeightsOnly(stream, WeightsOnly.ITEMS) : PickleObserver.NONE;
        PickleMachine machine = machine(stream, 0, policy);
        PickleValue root = machine.load();
        if (machine.position() < stream.size()) {
            findings.add(
                    "pickle.tail",
                    dev.modelfile.scan.Severity.WARNING,
                    stream,
                    "",
                    machine.position(),
                    stream.size() - machine.position() + " bytes behind the end of the pickle");
        }
        return root;
    }

    /// Bytes of a region as the data of a tensor: a range of the file, or bytes on the heap.
    public static TensorData data(Region region, MappedFile file) {
        return region.bytes().isMapped()
                ? TensorData.of(file, region.base(), region.size())
                : TensorData.of(region.bytes());
    }

    /// Collects names and what is unusual, and asks a policy.
    private final class Watch implements PickleObserver {
        private final Region stream;
        private final PickleObserver policy;

        Watch(Region stream, PickleObserver policy) {
            this.stream = stream;
            this.policy = policy;
        }

        @Override
        public void opcode(int opcode, long offset) throws ModelFormatException {
            policy.opcode(opcode, offset);
        }

        @Override
        public void global(PickleValue.Global global, int protocol) throws ModelFormatException {
            String key = global.module() + "\n" + global.name();
            if (globals.putIfAbsent(key, global) == null) {
                budget.heap(200 + 2L * key.length(), stream, global.offset() - stream.base());
                if (globals.size() > MAX_GLOBALS) {
                    throw stream.malformed("pickle.globals", "", -1, "more than " + MAX_GLOBALS + " different names");
                }
            }
            policy.global(global, protocol);
        }

        @Override
        public void call(dev.modelfile.checkpoint.pickle.InstanceNode call) throws ModelFormatException {
            policy.call(call);
        }

        @Override
        public long build(PickleValue target, PickleValue state, long offset) throws ModelFormatException {
            return policy.build(target, state, offset);
        }

        @Override
        public void fill(PickleValue target, boolean entries, long offset) throws ModelFormatException {
            policy.fill(target, entries, offset);
        }

        @Override
        public void persistentId(PickleValue id, boolean textual, long offset) throws ModelFormatException {
            policy.persistentId(id, textual, offset);
        }

        @Override
        public void note(String rule, long offset, String what) throws ModelFormatException {
            findings.add(rule, dev.modelfile.scan.Severity.WARNING, stream, "", offset - stream.base(), what);
            policy.note(rule, offset, what);
        }
    }
}
