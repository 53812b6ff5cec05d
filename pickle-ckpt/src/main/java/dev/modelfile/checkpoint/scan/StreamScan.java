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
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Scans pickles that stand one after the other, and what is between and behind them.
final class StreamScan {
    private static final int MAX_RESYNCS = 32;
    private static final int MAX_PICKLES = 100_000;
    private static final int MAX_LITERAL_DEPTH = 3;

    private final ContentScan scan;
    private final int depth;
    private final int literalDepth;
    private final List<Storages> storages = new ArrayList<>();
    /// What was seen in plain values, which count only beside something that is a pickle for sure.
    private final List<Judge> held = new ArrayList<>();
    private @Nullable Trace trace;
    private long value;
    private long position;
    private long behindFrame = -1;
    private int pickles;

    StreamScan(ContentScan scan, int depth) {
        this(scan, depth, 0);
    }

    private StreamScan(ContentScan scan, int depth, int literalDepth) {
        this.scan = scan;
        this.depth = depth;
        this.literalDepth = literalDepth;
    }

    /// The outline of the last pickle.
    Trace trace() {
        return Objects.requireNonNull(trace);
    }

    /// What the last pickle describes.
    long value() {
        return value;
    }

    /// Where the last pickle ended.
    long position() {
        return position;
    }

    void skip(long bytes) {
        position += bytes;
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
        /// Read to its STOP, but a plain value, as many things could look like.
        PLAIN,
        /// Broken, but it begins as a pickle or does what only pickles do.
        BROKEN,
        /// Not a pickle.
        NONE;

        boolean ends() {
            return this == WHOLE || this == PLAIN;
        }
    }

    /// Scans content that may be pickles.
    ///
    /// @return whether it is
    boolean scan(Region content) throws ModelFormatException {
        Outcome first = one(content, 0, true);
        while (first == Outcome.PLAIN && position < content.size() && !tooMany(content)) {
            first = one(content, position, true);
        }
        if (first.ends() && pickles > MAX_PICKLES) {
            return true;
        }
        if (first == Outcome.PLAIN || first == Outcome.NONE) {
            return first == Outcome.NONE && position > 0 && remains(content);
        }
        if (first == Outcome.WHOLE) {
            rest(content);
        } else {
            resync(content, Math.max(1, position));
        }
        if (behindFrame >= 0 && behindFrame < content.size()) {
            position = behindFrame;
            rest(content);
        }
        return true;
    }

    /// Whether there are imports behind what could not be read.
    private boolean remains(Region content) throws ModelFormatException {
        long at = new Remains(content).find(position);
        if (at < 0) {
            return false;
        }
        scan.add(
                "pickle.remains",
                Severity.ERROR,
                content,
                at,
                "the import of a dangerous name behind an opcode that could not be read");
        return true;
    }

    /// Looks at content of another format for a pickle that begins with the same bytes: the reader decides which it is.
    /// What the bytes import and call counts; that they end as no pickle is only to be expected.
    void head(Region content) throws ModelFormatException {
        Budget budget = scan.budget();
        Trace values = new Trace(content, budget);
        Judge judge = new Judge(values, content, budget, Judge.Reading.PLAIN, false);
        try {
            new TraceMachine(content, 0, budget, values, judge).run();
        } catch (LimitExceededException limit) {
            scan.add("scan.limit", Severity.ERROR, content, 0, "not read as a pickle: " + limit.getMessage());
        } catch (ModelFormatException none) {
            // As expected.
        }
        boolean names = judge.namesSomething();
        for (Finding finding : judge.findings()) {
            boolean unknown = names && finding.rule().startsWith("pickle.unknown-");
            if (unknown || finding.severity() == Severity.DANGER) {
                scan.collector().add(finding);
            }
        }
    }

    /// Scans the pickle that has to stand where the last one ended.
    ///
    /// @return whether it was read to its end
    boolean next(Region content) throws ModelFormatException {
        boolean ends = !tooMany(content) && one(content, position, true).ends();
        release();
        return ends;
    }

    private boolean tooMany(Region content) {
        if (pickles == MAX_PICKLES) {
            pickles++;
            scan.add("scan.limit", Severity.ERROR, content, position, "more than " + MAX_PICKLES + " pickles");
        }
        return pickles > MAX_PICKLES;
    }

    /// Goes on behind the last pickle.
    void rest(Region content) throws ModelFormatException {
        while (position < content.size() && !tooMany(content)) {
            long start = position;
            Outcome next = one(content, start, false);
            release();
            if (next.ends()) {
                scan.add("pickle.another", Severity.INFO, content, start, "another pickle behind the first");
                continue;
            }
            Region behind = content.slice("", start, content.size() - start).at(content.place());
            if (next == Outcome.NONE && ArrayScan.isArray(behind)) {
                new ArrayScan(scan, depth).scan(behind);
                return;
            }
            if (next == Outcome.NONE) {
                scan.add(
                        "pickle.tail",
                        Severity.WARNING,
                        content,
                        start,
                        behind.size() + " bytes behind the last pickle that are none");
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
        pickles++;
        Budget budget = scan.budget();
        Trace values = new Trace(content, budget);
        trace = values;
        Judge judge = new Judge(values, content, budget, Judge.Reading.JOBLIB, scan.isScript());
        TraceMachine machine = new TraceMachine(content, start, budget, values, judge);
        boolean magic = content.size() - start >= 2 && content.u8(start) == 0x80 && content.u8(start + 1) <= 5;
        try {
            value = machine.run();
            position = machine.position();
            behindFrame = behindFrame < 0 ? machine.openFrame() : behindFrame;
            boolean container = position == content.size() && isContainer(value);
            if (!magic && !container && !judge.namesSomething() && judge.sites() == 0) {
                if (judge.hasSomething()) {
                    held.add(judge);
                }
                return Outcome.PLAIN;
            }
            accept(judge);
            otherwise(content, start, judge);
            return Outcome.WHOLE;
        } catch (ModelFormatException broken) {
            position = Math.max(start, machine.lastOpcode());
            boolean danger = judge.findings().stream().anyMatch(f -> f.severity() == Severity.DANGER);
            boolean limit = broken instanceof LimitExceededException;
            if (!danger && judge.sites() == 0 && !(magic && first) && !limit) {
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
        Trace values = new Trace(content, budget);
        Judge other = new Judge(values, content, budget, Judge.Reading.PLAIN, scan.isScript());
        try {
            new TraceMachine(content, start, budget, values, other).run();
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

    /// Counts what was seen in plain values.
    private void release() throws ModelFormatException {
        List<Judge> plain = List.copyOf(held);
        held.clear();
        for (Judge judge : plain) {
            accept(judge);
        }
    }

    private void accept(Judge judge) throws ModelFormatException {
        release();
        judge.findings().forEach(scan.collector()::add);
        storages.add(judge.storages());
        if (literalDepth < MAX_LITERAL_DEPTH) {
            for (PickleValue literal : judge.literals()) {
                literal(literal);
            }
        }
    }

    private void literal(PickleValue literal) throws ModelFormatException {
        if (Literals.isTooLong(literal)) {
            Finding unread = new Finding("scan.limit", Severity.ERROR, "", -1, "a string too long to be decoded");
            scan.collector().add(unread);
            return;
        }
        MemorySegment hidden = Literals.hidden(literal);
        if (hidden == null) {
            return;
        }
        Region content = Region.of(hidden, "").at("a pickle inside a string");
        ContentScan inner = scan.inside();
        if (ContentScan.isContainer(content)) {
            inner.scan(content, depth + 1);
            scan.count(inner);
        } else {
            new StreamScan(inner, depth, literalDepth + 1).one(content, 0, false);
        }
        for (Finding finding : inner.findings()) {
            boolean unread = finding.rule().equals("scan.limit");
            if (unread || finding.severity() == Severity.DANGER || finding.severity() == Severity.WARNING) {
                scan.collector()
                        .add(new Finding(
                                finding.rule(), finding.severity(), "a pickle inside a string", -1, finding.message()));
            }
        }
    }

    /// One of the five; if it is broken, further pickles are looked for.
    private boolean part(Region content) throws ModelFormatException {
        long start = position;
        if (one(content, start, true).ends()) {
            release();
            return true;
        }
        scan.add("pickle.none", Severity.ERROR, content, start, "one of the five pickles of a checkpoint is none");
        resync(content, start + 1);
        return false;
    }

    /// The five pickles of `torch.save` before 1.6, and the raw section that they describe.
    void legacy(Region content) throws ModelFormatException {
        for (int i = 0; i < 4; i++) {
            if (!part(content)) {
                return;
            }
        }
        long start = position;
        if (!part(content)) {
            return;
        }
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
}
