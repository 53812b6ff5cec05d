package dev.modelfile.gguf.hash;

import dev.modelfile.gguf.GgufHash.Algorithm;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One digest that is being computed.
public final class Digest {
    /// The namespace of `llama-gguf-hash`.
    private static final UUID NAMESPACE = UUID.fromString("ef001206-dadc-5f6d-a15f-3359e577d4e5");

    private final Algorithm algorithm;
    private final @Nullable MessageDigest standard;
    private final XxHash64 fast = new XxHash64();

    /// Starts a digest.
    public Digest(Algorithm algorithm) {
        this.algorithm = algorithm;
        this.standard = switch (algorithm) {
            case XXH64 -> null;
            case SHA1, UUID -> standard("SHA-1");
            case SHA256 -> standard("SHA-256");
        };
        if (standard != null && algorithm == Algorithm.UUID) {
            ByteBuffer namespace = ByteBuffer.allocate(16)
                    .putLong(NAMESPACE.getMostSignificantBits())
                    .putLong(NAMESPACE.getLeastSignificantBits());
            standard.update(namespace.flip());
        }
    }

    private static MessageDigest standard(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// Which one it is.
    public Algorithm algorithm() {
        return algorithm;
    }

    /// Takes more bytes.
    public void update(MemorySegment bytes) {
        if (standard == null) {
            fast.update(bytes);
        } else {
            standard.update(bytes.asByteBuffer());
        }
    }

    /// The digest as text.
    public String text() {
        if (standard == null) {
            return HexFormat.of().toHexDigits(fast.value());
        }
        byte[] bytes = standard.digest();
        if (algorithm != Algorithm.UUID) {
            return HexFormat.of().formatHex(bytes);
        }
        ByteBuffer halves = ByteBuffer.wrap(bytes);
        long high = halves.getLong() & ~0xF000L | 0x5000L;
        long low = halves.getLong() & 0x3FFF_FFFF_FFFF_FFFFL | 0x8000_0000_0000_0000L;
        return new UUID(high, low).toString();
    }
}
