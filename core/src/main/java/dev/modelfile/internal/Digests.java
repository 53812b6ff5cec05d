package dev.modelfile.internal;

import dev.modelfile.TensorSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Digests of tensors.
public final class Digests {
    private static final long PIECE = 1L << 30;

    private Digests() {}

    /// Digest of everything that the source writes, as lower-case hex.
    ///
    /// @throws IllegalArgumentException if this Java has no such algorithm
    public static String hex(String algorithm, TensorSource source) throws IOException {
        MessageDigest digest = create(algorithm);
        Mappings.whileMapped("tensor \"" + source.name() + "\"", () -> source.writeTo(bytes -> update(digest, bytes)));
        return HexFormat.of().formatHex(digest.digest());
    }

    /// A digest by its name.
    ///
    /// @throws IllegalArgumentException if this Java has no such algorithm
    public static MessageDigest create(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException unknown) {
            throw new IllegalArgumentException("no digest algorithm " + algorithm, unknown);
        }
    }

    /// Feeds a segment of any length.
    public static void update(MessageDigest digest, MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += PIECE) {
            digest.update(
                    bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).asByteBuffer());
        }
    }
}
