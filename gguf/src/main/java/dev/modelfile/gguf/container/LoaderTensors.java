package dev.modelfile.gguf.container;

import dev.modelfile.DType;
import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.OpaqueType;
import dev.modelfile.gguf.GgmlType;
import dev.modelfile.io.Region;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Infos of tensors as llama.cpp reads them: its checks, and its products and sums, which wrap around 2^64.
public final class LoaderTensors {
    private final Cursor cursor;
    private final Region region;
    private final Set<String> names = new HashSet<>();

    /// A tensor.
    ///
    /// @param name up to a NUL
    /// @param bytes its size modulo 2^64
    /// @param offset where it begins in the data section
    /// @param at where its info begins
    public record Info(String name, long bytes, long offset, long at) {
        /// For messages.
        String place() {
            return "tensor \"" + Names.shown(name) + "\"";
        }
    }

    private LoaderTensors(Cursor cursor) {
        this.cursor = cursor;
        this.region = cursor.region();
    }

    static List<Info> read(Cursor cursor, long count) throws ModelFormatException {
        LoaderTensors reader = new LoaderTensors(cursor);
        List<Info> infos = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            infos.add(reader.info(i));
        }
        return infos;
    }

    private Info info(long index) throws ModelFormatException {
        long at = cursor.at();
        byte[] utf8 = LoaderText.bytes(cursor, "tensor " + index + " › name");
        String name = Names.cut(Names.decode(utf8));
        String place = "tensor \"" + Names.shown(name) + "\"";
        cursor.charge(place, 200);
        if (utf8.length >= Header.MAX_NAME) {
            throw wrong(Rules.NAME_LENGTH, place, at, "name of " + utf8.length + " bytes vs " + (Header.MAX_NAME - 1));
        }
        if (!names.add(name)) {
            throw wrong(Rules.DUPLICATE_NAME, place, at, "the name is there twice");
        }
        long[] dims = dims(place);
        long bytes = size(place, dims, cursor.i32(place + " › type"));
        return new Info(name, bytes, cursor.i64(place + " › offset"), at);
    }

    private long[] dims(String place) throws MalformedModelException {
        int rank = cursor.i32(place + " › number of dimensions");
        long at = cursor.at();
        if (rank < 0 || rank > Header.MAX_DIMS) {
            throw wrong(
                    Rules.RANK, place, at - 4, Integer.toUnsignedString(rank) + " dimensions vs " + Header.MAX_DIMS);
        }
        long[] dims = {1, 1, 1, 1};
        for (int i = 0; i < rank; i++) {
            dims[i] = cursor.i64(place);
            if (dims[i] < 0) {
                throw wrong(Rules.DIMENSION, place, cursor.at() - 8, "dimension " + dims[i] + " is negative");
            }
        }
        // Skipped where the product has wrapped to 0 or below.
        if (elements(dims) > 0
                && (Long.MAX_VALUE / dims[1] <= dims[0]
                        || Long.MAX_VALUE / dims[2] <= dims[0] * dims[1]
                        || Long.MAX_VALUE / dims[3] <= dims[0] * dims[1] * dims[2])) {
            throw wrong(Rules.SHAPE_OVERFLOW, place, at, "2^63-1 elements or more");
        }
        return dims;
    }

    private static long elements(long[] dims) {
        return dims[0] * dims[1] * dims[2] * dims[3];
    }

    private long size(String place, long[] dims, int typeId) throws MalformedModelException {
        long at = cursor.at() - Integer.BYTES;
        DType type = GgmlType.byId(typeId);
        if (type instanceof OpaqueType) {
            throw wrong(Rules.TENSOR_TYPE, place, at, "type " + typeId + " is not known, or was removed");
        }
        int block = type.blockElements();
        if (dims[0] % block != 0) {
            throw wrong(
                    Rules.BLOCK_ROWS,
                    place,
                    at,
                    "rows of " + dims[0] + " elements do not fill " + type.name() + " blocks of " + block);
        }
        if (Long.compareUnsigned(elements(dims) / block, Long.divideUnsigned(-1, type.blockBytes())) > 0) {
            throw wrong(Rules.SHAPE_OVERFLOW, place, at, "2^64 bytes or more");
        }
        return bytes(dims, block, type.blockBytes());
    }

    /// ggml's `ggml_nbytes`.
    private static long bytes(long[] dims, int block, int blockBytes) {
        long stride = blockBytes * (dims[0] / block);
        long bytes =
                block == 1 ? blockBytes + (dims[0] - 1) * blockBytes : Long.divideUnsigned(dims[0] * blockBytes, block);
        for (int i = 1; i < dims.length; i++) {
            bytes += (dims[i] - 1) * stride;
            stride *= dims[i];
        }
        return dims[0] == 0 || dims[1] == 0 || dims[2] == 0 || dims[3] == 0 ? 0 : bytes;
    }

    /// One tensor behind the other, each padded.
    static void checkLayout(Region region, List<Info> tensors, long alignment) throws MalformedModelException {
        long end = 0;
        for (Info tensor : tensors) {
            if (tensor.offset() != end) {
                throw region.malformed(
                        Rules.TENSOR_OFFSET,
                        tensor.place(),
                        tensor.at(),
                        "offset " + Long.toUnsignedString(tensor.offset()) + ", expected "
                                + Long.toUnsignedString(end));
            }
            long padded = tensor.bytes() + alignment - 1 & -alignment;
            if (Long.compareUnsigned(-1 - end, padded) < 0) {
                throw region.malformed(
                        Rules.SHAPE_OVERFLOW, tensor.place(), tensor.at(), "all sizes together exceed 2^64 bytes");
            }
            end += padded;
        }
    }

    private MalformedModelException wrong(String rule, String place, long at, String problem) {
        return region.malformed(rule, place, at, problem);
    }
}
