package dev.modelfile.spi;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/// Bytes of a file that are made while they are written, such as a header with a large vocabulary. They are made anew,
/// and equal, each time.
@FunctionalInterface
public interface Structure {
    /// Writes all bytes.
    ///
    /// @throws IOException if they cannot be taken
    void writeTo(OutputStream out) throws IOException;

    /// Counts the bytes.
    default long count() {
        return measure(null);
    }

    /// Counts the bytes and updates a checksum with them.
    default long count(Checksum sum) {
        return measure(sum);
    }

    /// Makes the bytes in memory.
    ///
    /// @throws ArithmeticException if they do not fit an array
    default byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(Math.toIntExact(count()));
        try {
            writeTo(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    private long measure(@Nullable Checksum sum) {
        SinkStream stream = new SinkStream(bytes -> {
            if (sum != null) {
                sum.update(bytes.asByteBuffer());
            }
        });
        try {
            writeTo(stream);
            stream.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return stream.count();
    }
}
