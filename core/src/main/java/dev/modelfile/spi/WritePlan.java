package dev.modelfile.spi;

import dev.modelfile.Progress;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.internal.PlanExecutor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// Everything about a write before its first byte: the files, their sizes, and what goes where. Formats make plans;
/// the core carries them out, streaming, and puts the files in place atomically.
///
/// @param files in the order in which they are written and renamed; an index comes last
/// @param notes what is done without being asked for, a line each
public record WritePlan(List<File> files, List<String> notes) {

    /// @throws NullPointerException if a list or an element is null
    /// @throws IllegalArgumentException if two files have one name
    public WritePlan {
        files = List.copyOf(files);
        notes = List.copyOf(notes);
        Set<String> names = new HashSet<>();
        for (File file : files) {
            if (!names.add(file.name())) {
                throw new IllegalArgumentException("two files would be named \"" + Printable.of(file.name()) + "\"");
            }
        }
    }

    /// A plan without notes.
    public WritePlan(List<File> files) {
        this(files, List.of());
    }

    /// One file of a plan.
    ///
    /// @param name its name inside the target's folder, without separators
    /// @param size its final size in bytes
    /// @param sections its contents in ascending order; what they leave out is zero
    public record File(String name, long size, List<Section> sections) {
        /// @throws IllegalArgumentException if the sections overlap, leave the file, or the name has separators
        public File {
            sections = List.copyOf(sections);
            if (name.isEmpty() || name.contains("/") || name.contains("\\")) {
                throw new IllegalArgumentException("\"" + name + "\" is not a plain file name");
            }
            long end = 0;
            for (Section section : sections) {
                if (section.offset() < end || section.length() > size - section.offset()) {
                    throw new IllegalArgumentException(
                            section + " does not fit behind " + end + " in a file of " + size + " bytes");
                }
                end = section.offset() + section.length();
            }
        }
    }

    /// A range of a file and what writes it.
    ///
    /// @param offset where it begins in the file
    /// @param length how many bytes `content` will write
    /// @param tensor the name of the tensor that it holds, empty for structure
    /// @param content writes exactly `length` bytes
    public record Section(long offset, long length, String tensor, TensorSource.Content content) {
        /// @throws IllegalArgumentException if a number is negative
        public Section {
            Objects.requireNonNull(tensor, "tensor");
            Objects.requireNonNull(content, "content");
            if (offset < 0 || length < 0) {
                throw new IllegalArgumentException("negative range: " + offset + " + " + length);
            }
        }

        /// Structure that is known already.
        public static Section of(long offset, MemorySegment bytes) {
            return new Section(offset, bytes.byteSize(), "", sink -> sink.write(bytes));
        }

        /// Structure that is made while it is written.
        ///
        /// @param length how many bytes that are, see [Structure#count()]
        public static Section of(long offset, long length, Structure structure) {
            return new Section(offset, length, "", sink -> {
                SinkStream out = new SinkStream(sink);
                structure.writeTo(out);
                out.flush();
            });
        }

        /// A tensor.
        public static Section of(long offset, TensorSource tensor) {
            return new Section(offset, tensor.byteSize(), tensor.name(), tensor::writeTo);
        }

        @Override
        public String toString() {
            return (tensor.isEmpty() ? "section" : "tensor \"" + Printable.of(tensor) + "\"") + " at " + offset + " + "
                    + length;
        }
    }

    /// Carries the plan out as [dev.modelfile.ModelWriter#write] does. On failure nothing is left behind, and files
    /// that were there before are untouched.
    ///
    /// @param target a file in the folder to write into
    /// @return the files written, the one to open first
    /// @throws java.nio.file.FileAlreadyExistsException if a file exists and overwriting was not asked for
    /// @throws IOException if reading a source or writing fails, or a source writes more or less than it announced
    public List<Path> write(Path target, WriteOptions options, Progress progress) throws IOException {
        return PlanExecutor.write(this, target, options, progress);
    }

    /// The sum of all file sizes.
    ///
    /// @throws ArithmeticException if it does not fit a `long`
    public long totalBytes() {
        return files.stream().mapToLong(File::size).reduce(0, Math::addExact);
    }
}
