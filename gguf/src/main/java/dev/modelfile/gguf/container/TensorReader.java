package dev.modelfile.gguf.container;

import dev.modelfile.DType;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.OpaqueType;
import dev.modelfile.ReadOptions;
import dev.modelfile.Shape;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.io.Region;
import dev.modelfile.scan.Severity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Reads the infos of the tensors.
final class TensorReader {
    /// More dimensions than anybody writes; the readers that take more than four stop here.
    private static final int MOST_DIMS = 8;
    /// Heap of a tensor without its name, roughly.
    private static final int TENSOR_HEAP = 320;

    private final Cursor cursor;
    private final int version;
    private final ReadOptions options;
    private final Deviations deviations;
    private final Region region;
    private final Set<String> names = new HashSet<>();

    TensorReader(Cursor cursor, int version, ReadOptions options, Deviations deviations) {
        this.cursor = cursor;
        this.version = version;
        this.options = options;
        this.deviations = deviations;
        this.region = cursor.region();
    }

    List<TensorInfo> read(long count) throws ModelFormatException {
        List<TensorInfo> infos = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            infos.add(info(i));
        }
        return infos;
    }

    private TensorInfo info(long index) throws ModelFormatException {
        long at = cursor.at();
        byte[] utf8 = cursor.text("tensor " + index + " › name");
        String name = Names.decode(utf8);
        String place = "tensor \"" + Names.shown(name) + "\"";
        cursor.charge(place, TENSOR_HEAP);
        checkName(name, utf8.length, place, at);
        Shape shape = shape(place);
        int typeId = cursor.i32(place + " › type");
        DType dtype = GgmlType.byId(typeId);
        if (dtype instanceof OpaqueType) {
            String why = GgmlType.removed(typeId).orElse("type " + typeId + " is not known");
            deviations.noted(Rules.TENSOR_TYPE, Severity.ERROR, region, place, cursor.at() - Integer.BYTES, why);
        }
        long size = size(place, dtype, shape);
        long offset = cursor.i64(place + " › offset");
        return new TensorInfo(name, shape, typeId, dtype, offset, size, at);
    }

    private void checkName(String name, int length, String place, long at) throws ModelFormatException {
        if (length >= Header.MAX_NAME) {
            deviations.noted(
                    Rules.NAME_LENGTH,
                    Severity.ERROR,
                    region,
                    place,
                    at,
                    "name of " + length + " bytes, llama.cpp takes " + (Header.MAX_NAME - 1));
        }
        if (!names.add(Names.cut(name))) {
            throw region.malformed(Rules.DUPLICATE_NAME, place, at, "the name is there twice");
        }
        if (name.indexOf('\0') >= 0) {
            deviations.noted(
                    Rules.NUL, Severity.WARNING, region, place, at, "C programs see only what is before the NUL");
        }
        if (name.isEmpty()) {
            deviations.noted(Rules.EMPTY_NAME, Severity.WARNING, region, "tensor", at, "the name is empty");
        }
        if (Names.hasControl(name)) {
            deviations.noted(Rules.CONTROL, Severity.WARNING, region, place, at, "the name holds a control character");
        }
        if (!Names.isText(name)) {
            deviations.noted(Rules.NOT_UTF8, Severity.WARNING, region, place, at, "the name is not UTF-8");
        }
    }

    private Shape shape(String place) throws ModelFormatException {
        int rank = cursor.i32(place + " › number of dimensions");
        long at = cursor.at();
        if (rank < 0 || rank > Math.min(MOST_DIMS, options.limits().maxRank())) {
            throw region.malformed(
                    Rules.RANK, place, at - 4, Integer.toUnsignedString(rank) + " dimensions vs " + Header.MAX_DIMS);
        }
        if (rank > Header.MAX_DIMS) {
            deviations.noted(
                    Rules.RANK,
                    Severity.ERROR,
                    region,
                    place,
                    at - 4,
                    rank + " dimensions, ggml has " + Header.MAX_DIMS);
        }
        long[] dims = new long[rank];
        for (int i = rank - 1; i >= 0; i--) {
            dims[i] = version == 1 ? cursor.length(place) : cursor.i64(place);
        }
        for (int i = rank - 1; i >= 0; i--) {
            if (dims[i] < 0) {
                throw region.malformed(Rules.DIMENSION, place, at, "dimension " + dims[i] + " is negative");
            }
        }
        try {
            return Shape.of(dims);
        } catch (ArithmeticException overflow) {
            throw overflow(place, at, "more than 2^63-1 elements");
        }
    }

    private long size(String place, DType dtype, Shape shape) throws MalformedModelException {
        if (dtype instanceof OpaqueType) {
            return 0;
        }
        if (shape.rowElements() % dtype.blockElements() != 0) {
            throw region.malformed(
                    Rules.BLOCK_ROWS,
                    place,
                    cursor.at(),
                    "rows of " + shape.rowElements() + " elements do not fill " + dtype.name() + " blocks of "
                            + dtype.blockElements());
        }
        try {
            return dtype.byteSize(shape);
        } catch (ArithmeticException overflow) {
            throw overflow(place, cursor.at(), "more than 2^63-1 bytes");
        }
    }

    /// Some products wrap to small numbers and pass llama.cpp's own check.
    private MalformedModelException overflow(String place, long at, String problem) {
        return region.malformed(Rules.SHAPE_OVERFLOW, place, at, problem);
    }
}
