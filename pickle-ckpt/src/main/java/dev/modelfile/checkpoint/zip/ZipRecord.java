package dev.modelfile.checkpoint.zip;

/// One entry of a central directory.
///
/// @param name the name as the directory spells it
/// @param method 0 for stored, 8 for deflated
/// @param flags the general purpose bits
/// @param crc CRC-32 of the content
/// @param storedSize bytes in the archive
/// @param size bytes of the content
/// @param headerOffset where its local header begins in the archive
public record ZipRecord(String name, int method, int flags, int crc, long storedSize, long size, long headerOffset) {
    /// The content stands in the archive as it is.
    public static final int STORED = 0;
    /// The content is compressed as RFC 1951 says.
    public static final int DEFLATED = 8;

    /// Whether the flags say that it is encrypted.
    public boolean isEncrypted() {
        return (flags & 0x41) != 0;
    }

    /// Whether it is a folder.
    public boolean isFolder() {
        return name.endsWith("/") && size == 0;
    }
}
