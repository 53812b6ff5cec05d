package dev.modelfile.io;

import dev.modelfile.LimitExceededException;
import dev.modelfile.MalformedModelException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// A range of bytes that knows its story: which file it belongs to, what it holds, and where it begins. Reading past
/// the end is a [MalformedModelException] that says all of this, never an `IndexOutOfBoundsException`.
public final class Region {
    // Constants, because the virtual machine compiles an access well only if it knows the layout.
    private static final ValueLayout.OfShort BE_I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt BE_I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong BE_I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final MemorySegment bytes;
    private final String source;
    private final String place;
    private final long base;
    private final ByteOrder order;

    private Region(MemorySegment bytes, String source, String place, long base, ByteOrder order) {
        this.bytes = bytes;
        this.source = source;
        this.place = place;
        this.base = base;
        this.order = order;
    }

    /// A region that begins at the start of a file, read as little-endian.
    ///
    /// @param bytes the content
    /// @param source the file, for messages
    public static Region of(MemorySegment bytes, String source) {
        return new Region(bytes, source, "", 0, ByteOrder.LITTLE_ENDIAN);
    }

    /// The same bytes read in another byte order.
    public Region order(ByteOrder other) {
        return new Region(bytes, source, place, base, other);
    }

    /// The same bytes under another description of the place.
    public Region at(String newPlace) {
        return new Region(bytes, source, newPlace, base, order);
    }

    /// A part of this region.
    ///
    /// @param what what the part holds, for messages
    /// @param offset where it begins in this region
    /// @param length its length in bytes; may come straight from a file
    /// @throws MalformedModelException if the range is not inside this region
    public Region slice(String what, long offset, long length) throws MalformedModelException {
        check(what, offset, length);
        return new Region(bytes.asSlice(offset, length), source, join(what), base + offset, order);
    }

    /// Length in bytes.
    public long size() {
        return bytes.byteSize();
    }

    /// Where this region begins in its file.
    public long base() {
        return base;
    }

    /// The file, for messages.
    public String source() {
        return source;
    }

    /// What this region holds, for messages.
    public String place() {
        return place;
    }

    /// The raw bytes.
    public MemorySegment bytes() {
        return bytes;
    }

    /// One byte, 0 to 255.
    ///
    /// @throws MalformedModelException if it lies past the end
    public int u8(long offset) throws MalformedModelException {
        check("", offset, 1);
        return bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }

    /// A 16-bit number, 0 to 65535.
    ///
    /// @throws MalformedModelException if it lies past the end
    public int u16(long offset) throws MalformedModelException {
        check("", offset, 2);
        return bytes.get(isLittle() ? Segments.LE_I16 : BE_I16, offset) & 0xFFFF;
    }

    /// A signed 32-bit number.
    ///
    /// @throws MalformedModelException if it lies past the end
    public int i32(long offset) throws MalformedModelException {
        check("", offset, 4);
        return bytes.get(isLittle() ? Segments.LE_I32 : BE_I32, offset);
    }

    /// A 64-bit number; the caller decides whether it is signed.
    ///
    /// @throws MalformedModelException if it lies past the end
    public long i64(long offset) throws MalformedModelException {
        check("", offset, 8);
        return bytes.get(isLittle() ? Segments.LE_I64 : BE_I64, offset);
    }

    /// A copy of some bytes.
    ///
    /// @throws MalformedModelException if they are not all inside this region, or exceed an array
    public byte[] copy(String what, long offset, long length) throws MalformedModelException {
        check(what, offset, length);
        if (length > Integer.MAX_VALUE - 8) {
            throw malformed("io.too-long", what, offset, length + " bytes do not fit one array");
        }
        return bytes.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /// Makes an exception about a place in this region.
    ///
    /// @param rule stable identifier of the violated rule
    /// @param what the place, in addition to this region's own
    /// @param offset where, relative to this region; negative if there is no such place
    /// @param problem what is wrong
    public MalformedModelException malformed(String rule, String what, long offset, String problem) {
        return new MalformedModelException(rule, source, join(what), offset < 0 ? -1 : base + offset, problem);
    }

    /// Makes an exception about a limit that something in this region exceeds.
    ///
    /// @param limit the component of [dev.modelfile.ReadLimits]
    /// @param what the place, in addition to this region's own
    /// @param offset where, relative to this region; negative if there is no such place
    /// @param problem what is too large, with both numbers
    public LimitExceededException limit(String limit, String what, long offset, String problem) {
        return new LimitExceededException(limit, source, join(what), offset < 0 ? -1 : base + offset, problem);
    }

    private boolean isLittle() {
        return order == ByteOrder.LITTLE_ENDIAN;
    }

    private void check(String what, long offset, long length) throws MalformedModelException {
        if (offset < 0 || length < 0 || length > size() - offset) {
            String wanted = Long.toUnsignedString(length) + " bytes";
            String left = offset < 0 || offset > size() ? "0" : Long.toString(size() - offset);
            throw malformed("io.truncated", what, offset, wanted + " needed vs " + left + " available");
        }
    }

    private String join(String what) {
        return what.isEmpty() ? place : place.isEmpty() ? what : place + " › " + what;
    }
}
