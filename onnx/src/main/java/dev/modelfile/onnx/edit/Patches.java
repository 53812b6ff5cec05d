package dev.modelfile.onnx.edit;

import dev.modelfile.ModelFormatException;
import dev.modelfile.TensorSource;
import dev.modelfile.io.MappedFile;
import dev.modelfile.onnx.wire.Span;
import dev.modelfile.onnx.wire.WireBytes;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.spi.WritePlan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Changes of a file: ranges that get other bytes. Messages around a range that changes its length get a new length;
/// every other byte of the file is copied as it is.
public final class Patches {
    private final MappedFile file;
    private final List<Patch> patches = new ArrayList<>();

    /// A range and what takes its place.
    private record Patch(
            long from,
            long to,
            List<Piece> pieces,
            @Nullable Span parent) {
        long delta() {
            return pieces.stream().mapToLong(Piece::length).reduce(0, Math::addExact) - (to - from);
        }
    }

    /// Bytes to write.
    ///
    /// @param length how many
    /// @param tensor the tensor that they belong to, empty for structure
    /// @param content writes them
    public record Piece(long length, String tensor, TensorSource.Content content) {
        /// Bytes that are known already.
        public static Piece of(byte[] bytes) {
            return new Piece(bytes.length, "", sink -> sink.write(MemorySegment.ofArray(bytes)));
        }

        /// The elements of a tensor.
        public static Piece of(TensorSource tensor) {
            return new Piece(tensor.byteSize(), tensor.name(), tensor::writeTo);
        }
    }

    /// No changes yet.
    public Patches(MappedFile file) {
        this.file = file;
    }

    /// Puts something in the place of a range, which is empty for an insertion. Ranges must not overlap; insertions at
    /// one place keep their order.
    ///
    /// @param parent the innermost message around the range
    public void replace(Span parent, long from, long to, List<Piece> pieces) {
        patches.add(new Patch(from, to, List.copyOf(pieces), parent));
    }

    /// Replaces a range by bytes.
    public void replace(Span parent, long from, long to, byte[] bytes) {
        replace(parent, from, to, bytes.length == 0 ? List.of() : List.of(Piece.of(bytes)));
    }

    /// Whether nothing changes.
    public boolean isEmpty() {
        return patches.isEmpty();
    }

    /// Lays out the changed file.
    ///
    /// @param name its name
    public WritePlan.File plan(String name) {
        List<Patch> all = new ArrayList<>(patches);
        all.addAll(lengths());
        // What is appended to a message comes before what follows it in the message around it.
        all.sort(Comparator.comparingLong(Patch::from)
                .thenComparingLong(Patch::to)
                .thenComparingLong(
                        patch -> patch.parent() == null ? 0 : -patch.parent().tag()));
        List<WritePlan.Section> sections = new ArrayList<>();
        long done = 0;
        long at = 0;
        for (Patch patch : all) {
            at = copy(sections, at, done, patch.from());
            for (Piece piece : patch.pieces()) {
                sections.add(new WritePlan.Section(at, piece.length(), piece.tensor(), piece.content()));
                at = Math.addExact(at, piece.length());
            }
            done = patch.to();
        }
        at = copy(sections, at, done, file.size());
        return new WritePlan.File(name, at, sections);
    }

    private long copy(List<WritePlan.Section> sections, long at, long from, long to) {
        if (to < from) {
            throw new IllegalStateException("two changes of the range before " + from);
        }
        if (to > from) {
            sections.add(new WritePlan.Section(at, to - from, "", sink -> sink.transfer(file, from, to - from)));
        }
        return at + (to - from);
    }

    /// New lengths for the messages around the changes, innermost first: a message begins behind the one around it.
    private List<Patch> lengths() {
        NavigableMap<Long, Map.Entry<Span, Long>> pending = new TreeMap<>();
        for (Patch patch : patches) {
            add(pending, patch.parent(), patch.delta());
        }
        List<Patch> lengths = new ArrayList<>();
        while (!pending.isEmpty()) {
            Map.Entry<Span, Long> changed = pending.pollLastEntry().getValue();
            Span span = changed.getKey();
            if (changed.getValue() == 0) {
                continue;
            }
            long prefix = afterTag(span.tag());
            byte[] length = new WireBytes()
                    .varint(Math.addExact(span.length(), changed.getValue()))
                    .toByteArray();
            lengths.add(new Patch(prefix, span.start(), List.of(Piece.of(length)), null));
            add(pending, span.parent(), changed.getValue() + length.length - (span.start() - prefix));
        }
        return lengths;
    }

    private static void add(NavigableMap<Long, Map.Entry<Span, Long>> pending, @Nullable Span span, long delta) {
        if (span != null && span.parent() != null) {
            pending.merge(
                    span.tag(), Map.entry(span, delta), (a, b) -> Map.entry(span, Math.addExact(a.getValue(), delta)));
        }
    }

    private long afterTag(long tag) {
        long at = tag;
        while (file.bytes().get(ValueLayout.JAVA_BYTE, at) < 0) {
            at++;
        }
        return at + 1;
    }

    /// Sets the fields of a number in a message: those that are there are removed, the new ones take the place of the
    /// first, or come where their number says.
    ///
    /// @param fields a cursor before the message's first field
    /// @param last the message's last occurrence
    /// @param encoded the new fields with their tags
    public void set(WireCursor fields, Span last, int number, List<Piece> encoded) throws ModelFormatException {
        Span span = last;
        long at = last.end();
        boolean placed = false;
        boolean present = false;
        while (fields.next()) {
            if (fields.field() == number) {
                boolean first = !present;
                present = true;
                replace(fields.span(), fields.start(), fields.fieldEnd(), first ? encoded : List.of());
            } else if (!placed && fields.field() > number) {
                placed = true;
                span = fields.span();
                at = fields.start();
            }
        }
        if (!present && !encoded.isEmpty()) {
            replace(span, at, at, encoded);
        }
    }
}
