package dev.modelfile.checkpoint.write;

import dev.modelfile.TensorSource;
import dev.modelfile.spi.Structure;
import dev.modelfile.spi.WritePlan;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/// Lays out a zip archive of stored records. Checksums are taken while the content passes, and stand behind it and in
/// the directory, as in PyTorch's own files.
final class ZipLayout {
    private static final long SATURATED = 0xFFFF_FFFFL;
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int DESCRIPTOR = 0x08074b50;
    private static final int UTF8 = 0x0800;
    private static final int DESCRIPTOR_FOLLOWS = 0x0008;
    private static final int DATE = 0x21;
    private static final int VERSION = 20;
    private static final int VERSION64 = 45;
    private static final int FB = 0x4246;

    private final int alignment;
    private final List<WritePlan.Section> sections = new ArrayList<>();
    private final List<Record> records = new ArrayList<>();
    private long end;

    /// A record that was laid out; its checksum is known when its content has passed.
    private static final class Record {
        final byte[] name;
        final long size;
        final long headerOffset;
        final int flags;
        int crc;

        Record(String name, long size, long headerOffset, int flags) {
            this.name = name.getBytes(StandardCharsets.UTF_8);
            this.size = size;
            this.headerOffset = headerOffset;
            this.flags = flags;
        }

        boolean isWide() {
            return size >= SATURATED;
        }

        boolean isFar() {
            return headerOffset >= SATURATED;
        }
    }

    ZipLayout(int alignment) {
        this.alignment = alignment;
    }

    /// Adds a record whose content is known.
    void add(String name, byte[] content) {
        add(name, out -> out.write(content));
    }

    /// Adds a record whose content can be made now and again when it is written.
    void add(String name, Structure content) {
        CRC32 crc = new CRC32();
        long size = content.count(crc);
        Record record = new Record(name, size, end, UTF8);
        record.crc = (int) crc.getValue();
        header(record);
        sections.add(WritePlan.Section.of(end, size, content));
        end = Math.addExact(end, size);
        records.add(record);
    }

    /// Adds a record whose content comes later.
    ///
    /// @param tensor the tensor that it holds
    void add(String name, long size, String tensor, TensorSource.Content content) {
        Record record = new Record(name, size, end, size == 0 ? UTF8 : UTF8 | DESCRIPTOR_FOLLOWS);
        header(record);
        records.add(record);
        if (size > 0) {
            section(size, tensor, sink -> {
                Summing summing = new Summing(sink);
                content.writeTo(summing);
                record.crc = summing.crc();
            });
            section(record.isWide() ? 24 : 16, "", sink -> sink.write(descriptor(record)));
        }
    }

    private void section(long length, String tensor, TensorSource.Content content) {
        if (length > 0) {
            sections.add(new WritePlan.Section(end, length, tensor, content));
            end = Math.addExact(end, length);
        }
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void header(Record record) {
        int wide = record.isWide() ? 20 : 0;
        long data = end + 30 + record.name.length + wide + 4;
        int padding = (int) Math.floorMod(-data, (long) alignment);
        boolean later = (record.flags & DESCRIPTOR_FOLLOWS) != 0;
        int size = record.isWide() ? (int) SATURATED : later ? 0 : (int) record.size;
        ByteBuffer header = buffer(30 + record.name.length + wide + 4 + padding);
        header.putInt(LOCAL)
                .putShort((short) (record.isWide() ? VERSION64 : VERSION))
                .putShort((short) record.flags)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) DATE)
                .putInt(record.crc)
                .putInt(size)
                .putInt(size)
                .putShort((short) record.name.length)
                .putShort((short) (wide + 4 + padding))
                .put(record.name);
        if (record.isWide()) {
            header.putShort((short) 1).putShort((short) 16).putLong(record.size).putLong(record.size);
        }
        header.putShort((short) FB).putShort((short) padding);
        while (header.hasRemaining()) {
            header.put((byte) 'Z');
        }
        section(header.capacity(), "", sink -> sink.write(MemorySegment.ofArray(header.array())));
    }

    private static MemorySegment descriptor(Record record) {
        ByteBuffer descriptor =
                buffer(record.isWide() ? 24 : 16).putInt(DESCRIPTOR).putInt(record.crc);
        if (record.isWide()) {
            descriptor.putLong(record.size).putLong(record.size);
        } else {
            descriptor.putInt((int) record.size).putInt((int) record.size);
        }
        return MemorySegment.ofArray(descriptor.array());
    }

    private static int centralSize(Record record) {
        int wide = (record.isWide() ? 16 : 0) + (record.isFar() ? 8 : 0);
        return 46 + record.name.length + (wide == 0 ? 0 : 4 + wide);
    }

    private static byte[] central(Record record) {
        ByteBuffer entry = buffer(centralSize(record));
        int extra = entry.capacity() - 46 - record.name.length;
        int size = record.isWide() ? (int) SATURATED : (int) record.size;
        entry.putInt(CENTRAL)
                .putShort((short) VERSION64)
                .putShort((short) (extra > 0 ? VERSION64 : VERSION))
                .putShort((short) record.flags)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) DATE)
                .putInt(record.crc)
                .putInt(size)
                .putInt(size)
                .putShort((short) record.name.length)
                .putShort((short) extra)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0)
                .putInt(0)
                .putInt(record.isFar() ? (int) SATURATED : (int) record.headerOffset)
                .put(record.name);
        if (extra > 0) {
            entry.putShort((short) 1).putShort((short) (extra - 4));
        }
        if (record.isWide()) {
            entry.putLong(record.size).putLong(record.size);
        }
        if (record.isFar()) {
            entry.putLong(record.headerOffset);
        }
        return entry.array();
    }

    /// Ends the archive with its directory.
    WritePlan.File finish(String fileName) {
        long directory = end;
        long size = 0;
        for (Record record : records) {
            size += centralSize(record);
        }
        section(size, "", sink -> {
            for (Record record : records) {
                sink.write(MemorySegment.ofArray(central(record)));
            }
        });
        byte[] tail = tail(directory, size);
        section(tail.length, "", sink -> sink.write(MemorySegment.ofArray(tail)));
        return new WritePlan.File(fileName, end, sections);
    }

    private byte[] tail(long directory, long size) {
        int count = records.size();
        boolean wide = directory >= SATURATED || size >= SATURATED || count >= 0xFFFF;
        ByteBuffer tail = buffer(22 + (wide ? 76 : 0));
        if (wide) {
            tail.putInt(0x06064b50).putLong(44).putShort((short) VERSION64).putShort((short) VERSION64);
            tail.putInt(0).putInt(0).putLong(count).putLong(count).putLong(size).putLong(directory);
            tail.putInt(0x07064b50).putInt(0).putLong(directory + size).putInt(1);
        }
        short shown = (short) (wide ? 0xFFFF : count);
        tail.putInt(0x06054b50)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort(shown)
                .putShort(shown);
        tail.putInt(wide ? (int) SATURATED : (int) size).putInt(wide ? (int) SATURATED : (int) directory);
        return tail.putShort((short) 0).array();
    }
}
