package dev.modelfile.onnx.schema;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.Value;
import dev.modelfile.io.Region;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Pages;
import dev.modelfile.onnx.wire.Span;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.spi.TextData;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Goes through a model without recursion, whatever its nesting, and without holding more than the way to where it is.
public final class Walker {
    /// Stands for the object around a string or an entry of a list, in estimates.
    public static final int OBJECT_HEAP = 64;

    private final Region file;
    private final ReadLimits limits;
    private final @Nullable Pages pages;
    private long heap;

    /// A walker over a file.
    ///
    /// @param file the whole file
    /// @param limits bounds of nesting, strings and heap
    public Walker(Region file, ReadLimits limits) {
        this(file, limits, null);
    }

    /// A walker over a file.
    ///
    /// @param pages through which to look at fields and strings; null to look at the mapping
    public Walker(Region file, ReadLimits limits, @Nullable Pages pages) {
        this.file = file;
        this.limits = limits;
        this.pages = pages;
    }

    /// Walks through a model from its beginning.
    ///
    /// @throws ModelFormatException if it is broken or exceeds a limit
    public void walk(Visitor visitor) throws ModelFormatException {
        Frame model = new Frame(this, Kind.MODEL, Message.of(Span.file(file.size())), null, 0, 0);
        Deque<Frame> way = new ArrayDeque<>();
        open(model, visitor, way);
        while (!way.isEmpty()) {
            step(way.element(), visitor, way);
        }
    }

    private void step(Frame frame, Visitor visitor, Deque<Frame> way) throws ModelFormatException {
        WireCursor at = frame.cursor();
        while (at.next()) {
            Kind.Field field = frame.kind().field(at.field(), at.type());
            if (field == null) {
                visitor.unknown(frame, at);
            } else if (field.child() == null) {
                visitor.value(frame, field, at);
            } else {
                visitor.occurrence(frame, field, at);
                if (!field.repeated()) {
                    frame.hold(field, at.child());
                } else if (open(frame.child(field, Message.of(at.child())), visitor, way)) {
                    return;
                }
            }
        }
        Frame held = frame.nextHeld();
        while (held != null) {
            if (open(held, visitor, way)) {
                return;
            }
            held = frame.nextHeld();
        }
        visitor.leave(frame);
        way.pop();
    }

    private boolean open(Frame frame, Visitor visitor, Deque<Frame> way) throws ModelFormatException {
        if (frame.depth() > limits.maxDepth()) {
            throw file.limit(
                    "maxDepth",
                    frame.kind().shown(),
                    frame.message().offset(),
                    "messages nested more than " + limits.maxDepth() + " deep");
        }
        boolean walked = visitor.enter(frame);
        if (walked) {
            way.push(frame);
        }
        return walked;
    }

    /// A cursor before the first field of a message.
    public WireCursor cursor(Message message) {
        return new WireCursor(file, message, limits.maxDepth(), pages);
    }

    /// The whole file.
    public Region file() {
        return file;
    }

    /// The limits.
    public ReadLimits limits() {
        return limits;
    }

    /// A message in a singular field: all its occurrences merged, none if it is not there.
    ///
    /// @throws ModelFormatException if the encoding is broken, or there are too many
    public Message merged(Message message, int field) throws ModelFormatException {
        List<Span> spans = new ArrayList<>(1);
        WireCursor at = cursor(message);
        while (at.next()) {
            if (at.field() == field && at.type() == WireCursor.LENGTH_DELIMITED) {
                gather(spans, at.child());
            }
        }
        return new Message(spans);
    }

    /// Adds an occurrence of a message to those before it, of which there is one in every honest file.
    void gather(List<Span> spans, Span next) throws ModelFormatException {
        if (!spans.isEmpty()) {
            charge(0, next.tag());
        }
        spans.add(next);
    }

    /// The value of a string field: the last that occurs, empty if none does.
    ///
    /// @throws ModelFormatException if the encoding is broken or a string is too long
    public String text(Message message, int field) throws ModelFormatException {
        String text = "";
        WireCursor at = cursor(message);
        while (at.next()) {
            if (at.field() == field && at.type() == WireCursor.LENGTH_DELIMITED) {
                text = text(at.valueStart(), at.length());
            }
        }
        return text;
    }

    /// A string of the file.
    ///
    /// @throws ModelFormatException if it is longer than allowed
    public String text(long start, long length) throws ModelFormatException {
        if (length > limits.maxStringBytes()) {
            throw file.limit(
                    "maxStringBytes", "string", start, length + " bytes vs " + limits.maxStringBytes() + " allowed");
        }
        if (length > limits.maxHeapBytes() / 8) {
            throw file.limit(
                    "maxHeapBytes", "string", start, length + " bytes vs an eighth of " + limits.maxHeapBytes());
        }
        return Texts.of(file, pages, start, length);
    }

    /// A string of the file as a value, for which heap is counted; a long one stays in the file if it is UTF-8.
    ///
    /// @throws ModelFormatException if it is longer than allowed
    public Value value(long start, long length) throws ModelFormatException {
        if (length > TextData.LONG && length <= limits.maxStringBytes()) {
            TextData stored = TextData.of(file.bytes().asSlice(start, length));
            if (stored.isUtf8()) {
                charge(0, start);
                return Value.text(stored);
            }
        }
        charge(2 * length, start);
        return Value.of(text(start, length));
    }

    /// Counts heap that is going to be used.
    ///
    /// @param offset what it is for
    /// @throws ModelFormatException if it is too much
    public void charge(long bytes, long offset) throws ModelFormatException {
        heap += bytes + OBJECT_HEAP;
        if (heap > limits.maxHeapBytes() || bytes > limits.maxHeapBytes()) {
            throw file.limit(
                    "maxHeapBytes",
                    "",
                    offset,
                    "more than " + limits.maxHeapBytes() + " bytes of heap are needed for names and structure");
        }
    }
}
