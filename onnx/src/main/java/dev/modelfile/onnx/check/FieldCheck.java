package dev.modelfile.onnx.check;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.scan.Severity;
import java.util.IdentityHashMap;
import java.util.Map;

/// Looks at every message for what parsers skip silently: singular fields that occur again, of which all but the last
/// are ignored, and fields outside the schema.
final class FieldCheck implements Visitor {
    /// Unknown fields below this are what a later version of the format may add.
    private static final long NOTEWORTHY = 1024;

    private static final long KNOWN_LATER = 40;

    private final Problems problems;
    private final Map<Frame, long[]> seen = new IdentityHashMap<>();
    private long unknownBytes;
    private long firstUnknown = -1;

    FieldCheck(Problems problems) {
        this.problems = problems;
    }

    @Override
    public boolean enter(Frame frame) {
        return true;
    }

    @Override
    public void value(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
        if (!field.repeated()) {
            once(frame, field, at);
        }
    }

    @Override
    public void occurrence(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
        if (!field.repeated()) {
            once(frame, field, at);
        }
    }

    private void once(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
        long[] bits = seen.computeIfAbsent(frame, f -> new long[1]);
        long bit = 1L << field.number();
        if ((bits[0] & bit) != 0 && problems.wants(Rules.DUPLICATE_FIELD)) {
            problems.note(
                    Severity.WARNING,
                    Rules.DUPLICATE_FIELD,
                    frame.place(),
                    at.start(),
                    "field " + field.number() + " occurs again; parsers "
                            + (field.child() == null ? "ignore all but the last" : "merge them")
                            + ", tools may look at the first");
        }
        bits[0] |= bit;
    }

    @Override
    public void unknown(Frame frame, WireCursor at) {
        boolean plausible = at.field() <= KNOWN_LATER && at.fieldEnd() - at.start() < NOTEWORTHY;
        if (firstUnknown < 0 || !plausible && unknownBytes == 0) {
            firstUnknown = at.start();
        }
        unknownBytes += at.fieldEnd() - at.start();
    }

    @Override
    public void leave(Frame frame) throws ModelFormatException {
        seen.remove(frame);
        if (frame.kind() == Kind.MODEL && unknownBytes > 0) {
            problems.note(
                    unknownBytes >= NOTEWORTHY ? Severity.WARNING : Severity.INFO,
                    Rules.UNKNOWN_FIELDS,
                    "model",
                    firstUnknown,
                    unknownBytes + " bytes of fields that ONNX does not have; every parser skips them"
                            + (unknownBytes >= NOTEWORTHY ? ", so data can hide there" : ""));
        }
    }
}
