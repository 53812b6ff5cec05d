package dev.modelfile.onnx.externaldata;

import dev.modelfile.TensorSink;
import dev.modelfile.TensorSource;
import dev.modelfile.io.MappedFile;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The checksum of a file of a plan. It is taken while the file is written, so that nothing is read twice, and is the
/// content of a section of the model, which is written later.
public final class FileDigest implements TensorSource.Content {
    /// How many hexadecimal digits it has.
    public static final int DIGITS = 40;

    private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[1 << 16]);

    private final WritePlan.File file;
    private final MessageDigest digest = Checksums.algorithm();
    private long done;
    private @Nullable String digits;

    /// The digest of a file.
    public FileDigest(WritePlan.File file) {
        this.file = file;
    }

    /// The file as it has to be written.
    public WritePlan.File watched() {
        List<WritePlan.Section> sections = file.sections().stream()
                .map(section -> new WritePlan.Section(
                        section.offset(), section.length(), section.tensor(), sink -> watch(section, sink)))
                .toList();
        return new WritePlan.File(file.name(), file.size(), sections);
    }

    private void watch(WritePlan.Section section, TensorSink target) throws IOException {
        if (section == file.sections().getFirst()) {
            digest.reset();
            done = 0;
            digits = null;
        }
        zerosUntil(section.offset());
        section.content().writeTo(new Watch(target));
    }

    /// Looks at what passes.
    private final class Watch implements TensorSink {
        private final TensorSink target;

        Watch(TensorSink target) {
            this.target = target;
        }

        @Override
        public void write(MemorySegment bytes) throws IOException {
            update(bytes);
            target.write(bytes);
        }

        @Override
        public void transfer(MappedFile from, long offset, long length) throws IOException {
            from.writeTo(FileDigest.this::update, offset, length);
            target.transfer(from, offset, length);
        }
    }

    private void update(MemorySegment bytes) {
        Checksums.update(digest, bytes);
        done += bytes.byteSize();
    }

    private void zerosUntil(long offset) {
        while (done < offset) {
            update(ZEROS.asSlice(0, Math.min(ZEROS.byteSize(), offset - done)));
        }
    }

    /// Writes the digits. A file that has not been written is digested now.
    @Override
    public void writeTo(TensorSink sink) throws IOException {
        if (digits == null) {
            WritePlan.Section last =
                    file.sections().isEmpty() ? null : file.sections().getLast();
            if (last != null && done != last.offset() + last.length()) {
                for (WritePlan.Section section : file.sections()) {
                    watch(section, bytes -> {});
                }
            }
            zerosUntil(file.size());
            digits = HexFormat.of().formatHex(digest.digest());
        }
        sink.write(MemorySegment.ofArray(digits.getBytes(StandardCharsets.US_ASCII)));
    }
}
