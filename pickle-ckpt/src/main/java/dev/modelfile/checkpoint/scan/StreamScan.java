package dev.modelfile.checkpoint.scan;

import dev.modelfile.LimitExceededException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.PickleMachine;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.checkpoint.pickle.TraceMachine;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Scans pickles that stand one after the other, and what is between and behind them.
final class StreamScan {
    private static final int MAX_RESYNCS = 32;
    private static final int MAX_LITERAL_DEPTH = 3;

    private final ContentScan scan;
    private final int depth;
    private final int literalDepth;
    private final List<Storages> storages = new ArrayList<>();
    private long position;

    StreamScan(ContentScan scan, int depth) {
        this(scan, depth, 0);
    }

    private StreamScan(ContentScan scan, int depth, int literalDepth) {
        this.scan = scan;
        this.depth = depth;
        this.literalDepth = literalDepth;
    }

    /// Goes through the storages that the pickles refer to, each with its size in bytes, -1 if that is not understood.
    void storages(Storages.Taker taker) throws ModelFormatException {
        for (Storages some : storages) {
            some.forEach(taker);
        }
    }

    /// What became of one pickle.
    private enum Outcome {
        /// Read to its STOP.
        WHOLE,
        /// Broken, but it begins as a pickle or does what only pickles do.
        BROKEN,
        /// Not a pickle.
        NONE
    }

    /// Scans content that may be pickles.
    ///
    /// @return whether it is
    boolean scan(Region content) throws ModelFormatException {
        Outcome first = one(content, 0, true);
        if (first == Outcome.NONE) {
            return false;
        }
        if (first == Outcome.WHOLE) {
            rest(content);
        } else {
            resync(content, Math.max(1, position));
        }
        return true;
    }

    /// Goes on behind the first pickle.
    private void rest(Region content) throws ModelFormatException {
        while (position < content.size()) {
            long start = position;
            Outcome next = one(content, start, false);
            if (next == Outcome.WHOLE) {
                scan.add("pickle.another", Severity.INFO, content, start, "another pickle behind the first");
                continue;
            }
            if (next == Outcome.NONE) {
                scan.add(
                        "pickle.tail",
                        Severity.WARNING,
                        content,
                        start,
                        content.size() - start + " bytes behind the last pickle that are none");
            }
            resync(content, start + 1);
            return;
        }
    }

    /// Looks for further pickles behind bytes that are none.
    private void resync(Region content, long from) throws ModelFormatException {
        int tries = 0;
        for (long at = from; at + 1 < content.size(); at++) {
            if (content.u8(at) == 0x80 && content.u8(at + 1) >= 2 && content.u8(at + 1) <= 5) {
                if (++tries > MAX_RESYNCS) {
                    scan.add("scan.limit", Severity.ERROR, content, at, "too many places where a pickle could begin");
                    return;
                }
                if (one(content, at, false) == Outcome.WHOLE) {
                    at = position - 1;
                }
            }
        }
    }

    /// Scans one pickle.
    ///
    /// @param first whether a broken one has to be reported if it begins with PROTO
    private Outcome one(Region content, long start, boolean first) throws ModelFormatException {
        Budget budget = scan.budget();
        Trace trace = new Trace(content, budget);
        Judge judge = new Judge(trace, content, budget, Judge.Reading.JOBLIB);
        TraceMachine machine = new TraceMachine(content, start, budget, trace, judge);
        boolean magic = content.size() - start >= 2 && content.u8(start) == 0x80 && content.u8(start + 1) <= 5;
        try {
            long value = machine.run();
            position = machine.position();
            boolean whole = magic || position == content.size() || judge.sites() > 0;
            boolean plain = !magic && judge.globals() == 0 && !isContainer(value);
            if (!whole || plain) {
                return Outcome.NONE;
            }
            accept(judge);
            otherwise(content, start, judge);
            return Outcome.WHOLE;
        } catch (ModelFormatException broken) {
            position = Math.max(start, machine.lastOpcode());
            boolean danger = judge.findings().stream().anyMatch(f -> f.severity() == Severity.DANGER);
            boolean limit = broken instanceof LimitExceededException;
            if (!danger && judge.sites() == 0 && !(magic && first) && !(limit && magic)) {
                return Outcome.NONE;
            }
            accept(judge);
            otherwise(content, start, judge);
            scan.add(
                    limit ? "scan.limit" : broken.rule(),
                    Severity.ERROR,
                    content,
                    broken.offset() < 0 ? -1 : broken.offset() - content.base(),
                    "not read to its end: " + broken.getMessage());
            return Outcome.BROKEN;
        }
    }

    /// Reads a pickle with arrays of joblib once more as Python's own unpickler would, to which their elements are
    /// opcodes. Usually it fails there at once; what it does before counts.
    private void otherwise(Region content, long start, Judge judge) throws ModelFormatException {
        if (!judge.hasArrays()) {
            return;
        }
        Budget budget = scan.budget();
        Trace trace = new Trace(content, budget);
        Judge other = new Judge(trace, content, budget, Judge.Reading.PLAIN);
        try {
            new TraceMachine(content, start, budget, trace, other).run();
        } catch (ModelFormatException broken) {
            // As expected.
        }
        if (other.actsBehindArrays()) {
            accept(other);
            scan.add(
                    "pickle.two-readings",
                    Severity.ERROR,
                    content,
                    start,
                    "what joblib takes for the elements of an array imports or calls something in other readers");
        }
    }

    private static boolean isContainer(long value) {
        int kind = Trace.kind(value);
        return kind != Trace.PLAIN && kind != Trace.INT && kind != Trace.WIDE && kind != Trace.TEXT;
    }

    private void accept(Judge judge) throws ModelFormatException {
        judge.findings().forEach(scan.collector()::add);
        storages.add(judge.storages());
        if (literalDepth < MAX_LITERAL_DEPTH) {
            for (PickleValue literal : judge.literals()) {
                literal(literal);
            }
        }
    }

    private void literal(PickleValue literal) throws ModelFormatException {
        byte[] hidden = Literals.hidden(literal);
        if (hidden == null) {
            return;
        }
        Region content =
                Region.of(java.lang.foreign.MemorySegment.ofArray(hidden), "").at("a pickle inside a string");
        ContentScan inner = new ContentScan(scan.limits(), hidden.length);
        new StreamScan(inner, depth, literalDepth + 1).one(content, 0, false);
        for (Finding finding : inner.findings()) {
            if (finding.severity() == Severity.DANGER || finding.severity() == Severity.WARNING) {
                scan.collector()
                        .add(new Finding(
                                finding.rule(), finding.severity(), "a pickle inside a string", -1, finding.message()));
            }
        }
    }

    /// The five pickles of `torch.save` before 1.6, and the raw section that they describe.
    void legacy(Region content) throws ModelFormatException {
        position = 0;
        for (int i = 0; i < 4; i++) {
            if (one(content, position, true) != Outcome.WHOLE && position < content.size()) {
                // The version is a plain number, which counts as no pickle anywhere else.
                if (i != 1) {
                    return;
                }
            }
        }
        long start = position;
        one(content, start, true);
        PickleMachine machine = new PickleMachine(content, start, scan.budget(), PickleObserver.NONE);
        PickleValue keys = machine.load();
        long at = machine.position();
        if (!(keys instanceof SequenceNode list)) {
            throw content.malformed("checkpoint.keys", "", position, "the storage keys are no list");
        }
        Map<String, Long> sizes = new HashMap<>();
        Budget budget = scan.budget();
        storages((key, size) -> {
            budget.heap(150 + 2L * key.length(), content, 0);
            sizes.put(key, size);
        });
        for (PickleValue key : list.items()) {
            Long size = key instanceof PickleValue.Text text ? sizes.get(text.value()) : null;
            if (size == null || size < 0 || size > content.size() - at - 8) {
                scan.add("checkpoint.storage", Severity.ERROR, content, at, "a storage that no tensor refers to");
                resync(content, at);
                return;
            }
            at += 8 + size;
        }
        if (at < content.size()) {
            position = at;
            scan.add(
                    "checkpoint.trailing",
                    Severity.WARNING,
                    content,
                    at,
                    content.size() - at + " bytes behind the last storage");
            rest(content);
        }
    }

    /// Pickles between raw bytes, as in the members of old tar archives.
    void mixed(Region content) throws ModelFormatException {
        one(content, 0, true);
        resync(content, position);
    }
}
