package dev.modelfile.onnx;

import dev.modelfile.ModelFormatException;
import dev.modelfile.io.Region;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.spi.Probe;

/// Tells a `ModelProto` by its first bytes, as there is no magic number. Every field that is seen has to be one that
/// the
/// message has, with plausible content; other messages of this shape (TensorFlow's, Core ML's) and random bytes fail
/// that soon.
final class Recognition {
    private static final int GRAPH = 7;
    private static final int IR_VERSION = 1;
    private static final long MAX_IR = 1 << 16;
    /// Producer, version and domain are names.
    private static final long MAX_NAME = 4096;

    private final Region head;
    private final long size;
    private long at;
    private boolean version;

    private Recognition(Probe probe) {
        this.head = probe.head();
        this.size = probe.size();
    }

    static boolean looksLikeModel(Probe probe) {
        if (probe.size() < 2) {
            return false;
        }
        try {
            return new Recognition(probe).model();
        } catch (ModelFormatException cut) {
            return false;
        }
    }

    private boolean model() throws ModelFormatException {
        boolean graph = false;
        boolean opset = false;
        while (at < head.size()) {
            long tag = varint();
            int number = (int) (tag >>> 3);
            Kind.Field field = tag < 0 || tag > 0xFFFF ? null : Kind.MODEL.field(number, (int) (tag & 7));
            if (field == null) {
                // Fields of a later version may follow what has convinced already.
                return graph && number != 0 && (tag & 7) <= 5;
            }
            if (field.type() == 0) {
                long value = varint();
                version |= number == IR_VERSION;
                if (number == IR_VERSION && (value < 1 || value > MAX_IR)) {
                    return false;
                }
                continue;
            }
            long length = varint();
            if (length < 0 || length > size - at || (number >= 2 && number <= 4 && length > MAX_NAME)) {
                return false;
            }
            opset |= number == 8;
            if (number == GRAPH) {
                graph = true;
                if (!content(Kind.GRAPH, length)) {
                    return false;
                }
            }
            if (length >= head.size() - at) {
                return at + length == size ? graph || version && opset : graph || version && field.child() != null;
            }
            at += length;
        }
        return graph || version && opset;
    }

    /// Whether a message begins with a field that it has.
    private boolean content(Kind kind, long length) throws ModelFormatException {
        if (length == 0 || at >= head.size()) {
            return length == 0 || version;
        }
        long before = at;
        long tag = varint();
        at = before;
        return tag >= 0 && tag <= 0xFFFF && kind.field((int) (tag >>> 3), (int) (tag & 7)) != null;
    }

    private long varint() throws ModelFormatException {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            int next = head.u8(at++);
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        return -1;
    }
}
