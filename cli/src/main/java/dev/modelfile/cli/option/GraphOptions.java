package dev.modelfile.cli.option;

import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.ExternalLayout;
import dev.modelfile.onnx.OnnxEdit;
import dev.modelfile.safetensors.Safetensors;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What is to become of the graph and the weights of an ONNX model.
public final class GraphOptions {
    @Option(
            names = "--into",
            paramLabel = "MODEL",
            description = "Put the tensors into a copy of this ONNX model, which keeps its graph.")
    private @Nullable Path into;

    @Option(
            names = "--weights",
            paramLabel = "PLACE",
            description = "ONNX: where the weights go: ${COMPLETION-CANDIDATES}; default where they are.")
    private @Nullable Place place;

    @Option(
            names = "--threshold",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "With --weights: smaller tensors stay inside the model; default 1KiB.")
    private @Nullable ByteSize threshold;

    @Option(names = "--checksum", description = "With --weights: the model says the SHA-1 of each of the other files.")
    private boolean checksum;

    @Option(names = "--deduplicate", description = "ONNX: keep one of several equal tensors.")
    private boolean deduplicate;

    /// Where weights are stored.
    public enum Place {
        /// In the model.
        INSIDE,
        /// In files of plain bytes beside the model.
        EXTERNAL,
        /// In Safetensors files beside the model.
        SAFETENSORS,
        /// Nowhere: the model points to a file that is not written.
        NONE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The options as if only `--weights` were given.
    public static GraphOptions of(Place weights) {
        GraphOptions options = new GraphOptions();
        options.place = weights;
        return options;
    }

    /// Whether any of it is asked for.
    public boolean isAsked() {
        return into != null || place != null || threshold != null || checksum || deduplicate;
    }

    /// The model whose graph is taken.
    public @Nullable Path into() {
        return into;
    }

    /// Applies the options.
    ///
    /// @param options sizes and alignment of the files beside the model
    /// @throws UsageException if options contradict each other
    public void configure(OnnxEdit edit, WriteOptions options) {
        boolean outside = place != null && place != Place.INSIDE;
        if (!outside && (threshold != null || checksum)) {
            throw new UsageException("--threshold and --checksum are for --weights external, safetensors or none");
        }
        if (deduplicate) {
            edit.deduplicate();
        }
        if (!outside && options.sharded()) {
            if (place == Place.INSIDE) {
                throw new UsageException("--weights inside makes one file");
            }
            outside = true;
        }
        if (place == Place.INSIDE) {
            edit.inline(tensor -> true);
        } else if (outside) {
            ExternalLayout layout = layout(options);
            if (place == Place.NONE) {
                edit.strip(layout);
            } else {
                edit.external(place == Place.SAFETENSORS ? layout.withContainer(Safetensors.FORMAT) : layout);
            }
        }
    }

    private ExternalLayout layout(WriteOptions options) {
        ExternalLayout layout = ExternalLayout.defaults();
        return layout.withThreshold(threshold == null ? layout.threshold() : threshold.bytes())
                .withAlignment(Math.max(1, options.alignment()))
                .withMaxFileBytes(options.maxShardBytes())
                .withMaxFileTensors(options.maxShardTensors())
                .withShareEqual(deduplicate && place != Place.SAFETENSORS)
                .withChecksum(checksum);
    }
}
