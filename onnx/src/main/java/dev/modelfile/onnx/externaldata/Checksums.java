package dev.modelfile.onnx.externaldata;

import dev.modelfile.io.MappedFile;
import dev.modelfile.onnx.check.Rules;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.scan.Finding;
import dev.modelfile.scan.Severity;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/// The `checksum` key: SHA-1 of the whole file.
public final class Checksums {
    private static final long PIECE = 1L << 20;

    private Checksums() {}

    /// A new digest.
    static MessageDigest algorithm() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-1", impossible);
        }
    }

    /// Feeds a segment of any length.
    static void update(MessageDigest digest, MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += PIECE) {
            digest.update(
                    bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).asByteBuffer());
        }
    }

    /// SHA-1 of a file in hexadecimal digits.
    private static String of(MappedFile file) {
        MessageDigest digest = algorithm();
        update(digest, file.bytes());
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Compares each file once with what the tensors in it say.
    public static List<Finding> verify(List<TensorEntry> entries) {
        Map<MappedFile, String> digests = new HashMap<>();
        List<Finding> findings = new ArrayList<>();
        for (TensorEntry entry : entries) {
            ExternalData external = entry.external();
            MappedFile file = entry.tensor().part();
            if (external == null || external.checksum() == null || file == null) {
                continue;
            }
            String digest = digests.computeIfAbsent(file, Checksums::of);
            if (!digest.equalsIgnoreCase(external.checksum())) {
                findings.add(new Finding(
                        Rules.CHECKSUM,
                        Severity.ERROR,
                        "tensor " + Texts.shown(entry.tensor().name()),
                        entry.message().offset(),
                        "SHA-1 of " + Texts.shown(external.location()) + " is " + digest + " vs "
                                + Texts.shown(external.checksum()) + " in the model"));
            }
        }
        return findings;
    }
}
