package dev.modelfile.gguf.hash;

import dev.modelfile.io.Segments;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// XXH64 with seed 0, after the specification of xxHash.
public final class XxHash64 {
    private static final long P1 = 0x9E3779B185EBCA87L;
    private static final long P2 = 0xC2B2AE3D27D4EB4FL;
    private static final long P3 = 0x165667B19E3779F9L;
    private static final long P4 = 0x85EBCA77C2B2AE63L;
    private static final long P5 = 0x27D4EB2F165667C5L;
    private static final int STRIPE = 32;

    private final MemorySegment pending = MemorySegment.ofArray(new byte[STRIPE]);
    private long filled;
    private long total;
    private long a = P1 + P2;
    private long b = P2;
    private long c;
    private long d = -P1;

    /// Starts a digest.
    public XxHash64() {}

    /// Takes more bytes.
    public void update(MemorySegment bytes) {
        long at = 0;
        total += bytes.byteSize();
        if (filled > 0) {
            at = Math.min(STRIPE - filled, bytes.byteSize());
            MemorySegment.copy(bytes, 0, pending, filled, at);
            filled += at;
            if (filled < STRIPE) {
                return;
            }
            stripe(pending, 0);
            filled = 0;
        }
        for (; at <= bytes.byteSize() - STRIPE; at += STRIPE) {
            stripe(bytes, at);
        }
        filled = bytes.byteSize() - at;
        MemorySegment.copy(bytes, at, pending, 0, filled);
    }

    private void stripe(MemorySegment bytes, long at) {
        a = round(a, bytes.get(Segments.LE_I64, at));
        b = round(b, bytes.get(Segments.LE_I64, at + 8));
        c = round(c, bytes.get(Segments.LE_I64, at + 16));
        d = round(d, bytes.get(Segments.LE_I64, at + 24));
    }

    private static long round(long lane, long input) {
        return Long.rotateLeft(lane + input * P2, 31) * P1;
    }

    private static long merge(long hash, long lane) {
        return (hash ^ round(0, lane)) * P1 + P4;
    }

    /// The digest of all bytes so far.
    public long value() {
        long hash = P5;
        if (total >= STRIPE) {
            hash = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            hash = merge(merge(merge(merge(hash, a), b), c), d);
        }
        hash += total;
        long at = 0;
        for (; at + 8 <= filled; at += 8) {
            hash ^= round(0, pending.get(Segments.LE_I64, at));
            hash = Long.rotateLeft(hash, 27) * P1 + P4;
        }
        if (at + 4 <= filled) {
            hash ^= (pending.get(Segments.LE_I32, at) & 0xFFFF_FFFFL) * P1;
            hash = Long.rotateLeft(hash, 23) * P2 + P3;
            at += 4;
        }
        for (; at < filled; at++) {
            hash ^= (pending.get(ValueLayout.JAVA_BYTE, at) & 0xFF) * P5;
            hash = Long.rotateLeft(hash, 11) * P1;
        }
        hash = (hash ^ hash >>> 33) * P2;
        hash = (hash ^ hash >>> 29) * P3;
        return hash ^ hash >>> 32;
    }
}
