package dev.modelfile.onnx.edit;

import dev.modelfile.ModelFormatException;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import dev.modelfile.onnx.externaldata.ExternalData;
import dev.modelfile.onnx.externaldata.FileDigest;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.tensor.DataType;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.onnx.tensor.TensorHeader;
import dev.modelfile.onnx.wire.Span;
import dev.modelfile.onnx.wire.WireBytes;
import dev.modelfile.onnx.wire.WireCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Changes how one tensor is stored. Fields that are not about storage stay where they are; new ones come where their
/// number says, which is where other writers put them.
public final class TensorPatch {
    /// The numbers of the fields about storage.
    public static final List<Integer> STORAGE =
            List.of(4, 5, 6, 7, TensorHeader.RAW_DATA, 10, 11, TensorHeader.EXTERNAL_DATA, TensorHeader.DATA_LOCATION);

    private final Patches patches;
    private final Walker walker;
    private final TensorEntry entry;
    private final Set<Integer> removed = new HashSet<>(STORAGE);
    private final TreeMap<Integer, List<Patches.Piece>> added = new TreeMap<>();

    private TensorPatch(Patches patches, Walker walker, TensorEntry entry) {
        this.patches = patches;
        this.walker = walker;
        this.entry = entry;
    }

    /// Stores elements in the model.
    ///
    /// @param source the elements; type and shape may be new
    /// @throws ModelFormatException if the file has changed
    public static void inline(Patches patches, Walker walker, TensorEntry entry, TensorSource source)
            throws ModelFormatException {
        TensorPatch patch = new TensorPatch(patches, walker, entry);
        TensorHeader header = TensorHeader.read(walker, entry.message());
        boolean same = entry.tensor().dtype().equals(source.dtype())
                && entry.tensor().shape().equals(source.shape());
        Span span = patch.rawSpan(header);
        if (same && !header.isExternal() && span != null && header.typed().isEmpty()) {
            patches.replace(
                    span, header.rawStart(), header.rawStart() + header.rawLength(), List.of(Patches.Piece.of(source)));
            return;
        }
        patch.describe(source);
        boolean text = source.dtype().equals(DataType.TEXT);
        List<Patches.Piece> pieces = new ArrayList<>();
        if (!text) {
            pieces.add(Patches.Piece.of(new WireBytes()
                    .header(TensorHeader.RAW_DATA, source.byteSize())
                    .toByteArray()));
        }
        pieces.add(Patches.Piece.of(source));
        patch.added.put(text ? TensorHeader.STRING_DATA : TensorHeader.RAW_DATA, pieces);
        patch.apply();
    }

    /// Says that the elements are in another file.
    ///
    /// @param source what is stored there, for its type and shape
    /// @param checksum the digest of that file, null to say none
    /// @throws ModelFormatException if the file has changed
    public static void external(
            Patches patches,
            Walker walker,
            TensorEntry entry,
            TensorSource source,
            ExternalData where,
            @Nullable FileDigest checksum)
            throws ModelFormatException {
        TensorPatch patch = new TensorPatch(patches, walker, entry);
        patch.describe(source);
        WireBytes keys = new WireBytes()
                .entry(TensorHeader.EXTERNAL_DATA, ExternalData.LOCATION, where.location())
                .entry(TensorHeader.EXTERNAL_DATA, ExternalData.OFFSET, Long.toString(where.offset()))
                .entry(TensorHeader.EXTERNAL_DATA, ExternalData.LENGTH, Long.toString(where.length()));
        List<Patches.Piece> pieces = new ArrayList<>();
        if (checksum == null) {
            pieces.add(Patches.Piece.of(keys.toByteArray()));
        } else {
            keys.entry(TensorHeader.EXTERNAL_DATA, ExternalData.CHECKSUM, "0".repeat(FileDigest.DIGITS));
            pieces.add(Patches.Piece.of(Arrays.copyOf(keys.toByteArray(), keys.length() - FileDigest.DIGITS)));
            pieces.add(new Patches.Piece(FileDigest.DIGITS, "", checksum));
        }
        patch.added.put(TensorHeader.EXTERNAL_DATA, pieces);
        patch.added.put(
                TensorHeader.DATA_LOCATION,
                List.of(Patches.Piece.of(
                        new WireBytes().integer(TensorHeader.DATA_LOCATION, 1).toByteArray())));
        patch.apply();
    }

    /// Leaves the elements out; what remains is no valid tensor.
    ///
    /// @throws ModelFormatException if the file has changed
    public static void empty(Patches patches, Walker walker, TensorEntry entry) throws ModelFormatException {
        TensorPatch patch = new TensorPatch(patches, walker, entry);
        patch.removed.remove(TensorHeader.EXTERNAL_DATA);
        patch.removed.remove(TensorHeader.DATA_LOCATION);
        patch.apply();
    }

    /// New type and dimensions, if they differ.
    private void describe(TensorSource source) {
        if (!source.dtype().equals(entry.tensor().dtype())) {
            removed.add(TensorHeader.DATA_TYPE);
            byte[] type = new WireBytes()
                    .integer(TensorHeader.DATA_TYPE, DataType.idOf(source.dtype()))
                    .toByteArray();
            added.put(TensorHeader.DATA_TYPE, List.of(Patches.Piece.of(type)));
        }
        Shape shape = source.shape();
        if (!shape.equals(entry.tensor().shape())) {
            removed.add(TensorHeader.DIMS);
            WireBytes dims = new WireBytes();
            for (long dim : shape.toArray()) {
                dims.integer(TensorHeader.DIMS, dim);
            }
            added.put(TensorHeader.DIMS, List.of(Patches.Piece.of(dims.toByteArray())));
        }
    }

    /// The occurrence that holds `raw_data`, null if there is none, or several.
    private @Nullable Span rawSpan(TensorHeader header) throws ModelFormatException {
        Span found = null;
        int count = 0;
        WireCursor at = walker.cursor(header.message());
        while (at.next()) {
            if (at.field() == TensorHeader.RAW_DATA && at.type() == WireCursor.LENGTH_DELIMITED) {
                found = at.span();
                count++;
            }
        }
        return count == 1 ? found : null;
    }

    private void apply() throws ModelFormatException {
        WireCursor at = walker.cursor(entry.message());
        Span run = null;
        long from = 0;
        long to = 0;
        while (at.next()) {
            while (!added.isEmpty() && added.firstKey() < at.field()) {
                // Not into the middle of what is removed.
                boolean within = run == at.span() && to == at.start();
                insert(at.span(), within ? from : at.start());
            }
            boolean drop = removed.contains(at.field());
            if (run != null && (!drop || run != at.span() || to != at.start())) {
                patches.replace(run, from, to, List.of());
                run = null;
            }
            if (drop) {
                from = run == null ? at.start() : from;
                run = at.span();
                to = at.fieldEnd();
            }
        }
        if (run != null) {
            patches.replace(run, from, to, List.of());
        }
        Span last = entry.message().spans().getLast();
        while (!added.isEmpty()) {
            insert(last, run == last && to == last.end() ? from : last.end());
        }
    }

    private void insert(Span span, long offset) {
        Map.Entry<Integer, List<Patches.Piece>> next = added.pollFirstEntry();
        patches.replace(span, offset, offset, next.getValue());
    }
}
