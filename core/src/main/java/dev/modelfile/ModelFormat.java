package dev.modelfile;

import dev.modelfile.scan.Finding;
import dev.modelfile.spi.Probe;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// A file format: recognises its files, opens and checks them, and lays out new ones. Stateless; found through
/// [java.util.ServiceLoader] or given explicitly.
public interface ModelFormat {

    /// Short lower-case name for options and JSON, for instance `safetensors`.
    String name();

    /// File name extensions with their dot, the usual one first.
    List<String> extensions();

    /// Whether a file or directory looks like one of this format, judged by its first bytes, not by its name.
    ///
    /// @throws IOException if a directory cannot be listed
    boolean recognises(Probe probe) throws IOException;

    /// Opens a model.
    ///
    /// @throws ModelFormatException if it is broken, unsafe, or exceeds a limit
    /// @throws IOException if it cannot be read
    ModelFile open(Path path, ReadOptions options) throws IOException;

    /// The files that a file stands for without holding their content, such as the shards of an index. Whoever looks at
    /// files one by one has to look at these, too.
    ///
    /// @return none for a file that is itself the model
    /// @throws ModelFormatException if the file is broken, or points outside of its folder or to nothing
    /// @throws IOException if it cannot be read
    default List<Path> shards(Path path, ReadOptions options) throws IOException {
        return List.of();
    }

    /// Checks a model against the specification and reports every deviation, also those that [#open] accepts. A file
    /// that cannot be opened gives a finding, not an exception.
    ///
    /// @throws IOException if it cannot be read
    List<Finding> validate(Path path, ReadOptions options) throws IOException;

    /// Whether the format can hold tensors of a type.
    boolean canStore(DType type);

    /// The element type of a name, ignoring case, if this format can hold it. Formats with types of their own add
    /// theirs.
    default Optional<DType> typeNamed(String name) {
        return ScalarType.named(name).map(DType.class::cast).filter(this::canStore);
    }

    /// Whether the format can hold tensors of a type and shape; some that pack elements hold only whole bytes.
    default boolean canStore(DType type, Shape shape) {
        return canStore(type);
    }

    /// The most dimensions that a tensor can have; without a bound if not said otherwise.
    default int maxRank() {
        return Integer.MAX_VALUE;
    }

    /// The most bytes that a tensor's name can have in UTF-8; without a bound if not said otherwise.
    default int maxNameBytes() {
        return Integer.MAX_VALUE;
    }

    /// Whether a tensor can have a name that is not too long.
    default boolean canName(String name) {
        return true;
    }

    /// Whether tensors that have bytes in common are written so that they still have; if not said otherwise, each gets
    /// its own.
    default boolean keepsSharing() {
        return false;
    }

    /// Brings metadata of another format into a form that this one can hold, see
    /// [dev.modelfile.spi.CarriedMetadata#store].
    ///
    /// @param metadata what is to be stored
    /// @param dropped receives a line for each entry that cannot be
    /// @return what can be stored
    Metadata adapt(Metadata metadata, List<String> dropped);

    /// Lays out a new file, or several: every size and offset, before anything is written.
    ///
    /// @param target the file to write; shards and indexes get names derived from it
    /// @param metadata the key-value pairs
    /// @param tensors the tensors
    /// @param options alignment, shard size and the like
    /// @throws IllegalArgumentException if the format cannot hold something: the message names it and the way out
    WritePlan plan(Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options);

    /// Lays out a changed copy of an open model of this format. Formats whose files hold more than metadata and tensors
    /// carry the rest over; the others make a new file from what is given.
    ///
    /// @param model the model as it is
    /// @param target the file to write
    /// @param metadata all of the new metadata
    /// @param tensors the new tensors, those of the model that remain in their order
    /// @param options alignment, shard size and the like
    /// @throws IllegalArgumentException if the format cannot hold something, or the rest of the model does not fit the
    ///     new tensors: the message names it and the way out
    default WritePlan rewrite(
            ModelFile model, Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options) {
        return plan(target, metadata, tensors, options);
    }

    /// Gives an open model other metadata and other tensor names in its file, without moving the tensors.
    ///
    /// @param model a model of this format
    /// @param metadata all of the new metadata
    /// @param renaming the new name of every tensor
    /// @return false, with nothing changed, if the new header does not fit the room of the old one, or the format
    ///     cannot do that
    /// @throws IllegalArgumentException if the format cannot hold something: the message names it
    /// @throws IOException if writing fails
    default boolean rewriteHeader(ModelFile model, Metadata metadata, UnaryOperator<String> renaming)
            throws IOException {
        return false;
    }

    /// Puts back the header that an interrupted [#rewriteHeader] has left beside a file.
    ///
    /// @return false, with nothing changed, if there is none
    /// @throws IOException if it cannot be written
    default boolean restoreHeader(Path file) throws IOException {
        return false;
    }
}
