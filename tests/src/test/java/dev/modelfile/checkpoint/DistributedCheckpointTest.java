package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.modelfile.MalformedModelException;
import dev.modelfile.Shape;
import dev.modelfile.TensorSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tensors that several ranks have stored in pieces are put together.
final class DistributedCheckpointTest {
    @TempDir
    private Path folder;

    /// A tensor alone, as a distributed checkpoint stores a piece.
    private byte[] piece(float... values) throws IOException {
        Path path = folder.resolve("piece.pt");
        Checkpoints.writer()
                .add(TensorSource.of("w", Shape.of(2, values.length / 2), values))
                .options(dev.modelfile.WriteOptions.defaults().withOverwrite(true))
                .write(path);
        return Files.readAllBytes(path);
    }

    private static String text(String value) {
        return "X" + (char) value.length() + "\0\0\0" + value;
    }

    private static String instance(String type, String... attributes) {
        StringBuilder pickle = new StringBuilder("cd\n" + type + "\n)\u0081}(");
        for (String attribute : attributes) {
            pickle.append(attribute);
        }
        return pickle.append("ub").toString();
    }

    private static String number(long value) {
        return "J" + (char) (value & 0xFF) + (char) (value >> 8 & 0xFF) + (char) (value >> 16 & 0xFF)
                + (char) (value >> 24);
    }

    private static String stored(int column, long offset, long length) {
        return instance("Index", text("fqn") + text("w"), text("offset") + "K\0K" + (char) column + "\u0086")
                + instance(
                        "Info",
                        text("relative_path") + text("pieces.distcp"),
                        text("offset") + number(offset),
                        text("length") + number(length));
    }

    private Path checkpoint(int secondColumn) throws IOException {
        // The root of our own files is a dictionary; the pieces of a distributed checkpoint are bare tensors.
        byte[] left = bare(piece(1, 2, 5, 6));
        byte[] right = bare(piece(3, 4, 7, 8));
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(left);
        both.writeBytes(right);
        Path target = Files.createDirectories(folder.resolve("dcp"));
        Files.write(target.resolve("pieces.distcp"), both.toByteArray());
        String metadata = "\u0080\u0002"
                + instance(
                        "Metadata",
                        text("state_dict_metadata") + "}" + text("w")
                                + instance("Tensor", text("size") + "K\u0002K\u0004\u0086") + "s",
                        text("storage_data") + "}(" + stored(0, 0, left.length)
                                + stored(secondColumn, left.length, right.length) + "u")
                + ".";
        Files.write(target.resolve(".metadata"), Samples.bytes(metadata));
        return target;
    }

    /// Replaces the dictionary around the only tensor by nothing, in place: `}(X w` becomes MARKs that are dropped.
    private static byte[] bare(byte[] archive) {
        String text = new String(archive, java.nio.charset.StandardCharsets.ISO_8859_1);
        String begin = "\u0080\u0002}(X\u0001\0\0\0w";
        String end = "tRu.";
        int from = text.indexOf(begin);
        int to = text.indexOf(end, from);
        // NONE and POP pairs keep the length.
        String changed = text.substring(0, from) + "\u0080\u0002N0N0N0N0" + text.substring(from + begin.length(), to)
                + "tR.." + text.substring(to + end.length());
        return Samples.bytes(changed);
    }

    @Test
    void piecesAreJoined() throws IOException {
        try (CheckpointFile file = Checkpoints.open(checkpoint(2))) {
            assertEquals(Shape.of(2, 4), file.tensor("w").shape());
            assertArrayEquals(
                    new float[] {1, 2, 3, 4, 5, 6, 7, 8}, file.tensor("w").toFloatArray());
            float[] middle = new float[3];
            file.tensor("w").readInto(3, middle, 0, 3);
            assertArrayEquals(new float[] {4, 5, 6}, middle);
        }
    }

    @Test
    void piecesOutsideTheTensorAreRefused() throws IOException {
        Path wrong = checkpoint(3);
        assertThrows(MalformedModelException.class, () -> Checkpoints.open(wrong));
    }
}
