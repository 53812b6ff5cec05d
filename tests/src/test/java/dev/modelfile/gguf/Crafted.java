package dev.modelfile.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Puts GGUF files together byte by byte, right or wrong.
final class Crafted {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream pairs = new ByteArrayOutputStream();
    private final ByteArrayOutputStream infos = new ByteArrayOutputStream();
    private int version = 3;
    private long pairCount;
    private long tensorCount;
    private long align = 32;
    private int data;
    private byte[] tail = {};

    static Crafted file() {
        return new Crafted();
    }

    Crafted version(int value) {
        version = value;
        return this;
    }

    Crafted align(long value) {
        align = value;
        return this;
    }

    Crafted tensors(long count) {
        tensorCount = count;
        return this;
    }

    Crafted pairs(long count) {
        pairCount = count;
        return this;
    }

    Crafted data(int bytes) {
        data = bytes;
        return this;
    }

    Crafted tail(int... bytes) {
        tail = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            tail[i] = (byte) bytes[i];
        }
        return this;
    }

    static byte[] i32(int value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array();
    }

    static byte[] i64(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    static byte[] text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return join(i64(utf8.length), utf8);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /// A pair; the value's bytes follow its type.
    Crafted pair(String key, int type, byte[]... value) {
        pairCount++;
        pairs.writeBytes(join(text(key), i32(type), join(value)));
        return this;
    }

    /// Bytes in the place of a pair.
    Crafted rawPair(byte[]... bytes) {
        pairCount++;
        pairs.writeBytes(join(bytes));
        return this;
    }

    /// A tensor info, dimensions innermost first as in the file.
    Crafted tensor(String name, int type, long offset, long... dims) {
        tensorCount++;
        infos.writeBytes(text(name));
        infos.writeBytes(i32(dims.length));
        for (long dim : dims) {
            infos.writeBytes(i64(dim));
        }
        infos.writeBytes(i32(type));
        infos.writeBytes(i64(offset));
        return this;
    }

    byte[] bytes() {
        out.reset();
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(i32(version));
        out.writeBytes(i64(tensorCount));
        out.writeBytes(i64(pairCount));
        out.writeBytes(pairs.toByteArray());
        out.writeBytes(infos.toByteArray());
        if (data > 0) {
            int padding = (int) (-out.size() & (align - 1));
            out.writeBytes(new byte[padding + data]);
        }
        out.writeBytes(tail);
        return out.toByteArray();
    }
}
