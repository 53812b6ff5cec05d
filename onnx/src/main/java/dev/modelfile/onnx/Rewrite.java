package dev.modelfile.onnx;

import dev.modelfile.Metadata;
import dev.modelfile.TensorSource;
import dev.modelfile.WriteOptions;
import dev.modelfile.onnx.tensor.TensorEntry;
import dev.modelfile.spi.WritePlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A copy of a model with other metadata and names, as the core asks for it. The graph comes along, so it has to fit.
final class Rewrite {
    private Rewrite() {}

    static WritePlan plan(
            OnnxFile model, Path target, Metadata metadata, List<TensorSource> tensors, WriteOptions options) {
        List<TensorEntry> entries = model.entries();
        if (tensors.size() != entries.size()) {
            throw new IllegalArgumentException("the graph uses all of its " + entries.size() + " tensors, "
                    + tensors.size() + " are given; select all, or write another format");
        }
        Map<String, String> names = new HashMap<>();
        OnnxEdit edit = OnnxEdit.of(model).metadata(metadata);
        for (int i = 0; i < entries.size(); i++) {
            TensorEntry entry = entries.get(i);
            TensorSource tensor = tensors.get(i);
            String name = entry.tensor().name();
            if (!tensor.name().equals(name)) {
                if (entry.site() != TensorEntry.Site.INITIALIZER) {
                    throw new IllegalArgumentException("\"" + name
                            + "\" is not an initializer of the main graph, and has no name that can be changed");
                }
                names.put(name, tensor.name());
            }
            if (!tensor.dtype().equals(entry.tensor().dtype())
                    || !tensor.shape().equals(entry.tensor().shape())) {
                throw new IllegalArgumentException("\"" + name + "\" would become "
                        + tensor.dtype().name() + "; the graph is made for "
                        + entry.tensor().dtype().name() + ", keep the types or write another format");
            }
        }
        edit.rename(name -> names.getOrDefault(name, name));
        if (options.sharded()) {
            edit.external(ExternalLayout.defaults()
                    .withMaxFileBytes(options.maxShardBytes())
                    .withMaxFileTensors(options.maxShardTensors())
                    .withAlignment(Math.max(1, options.alignment())));
        }
        try {
            return edit.plan(target);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
