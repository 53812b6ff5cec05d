/// The model: tensors, types, metadata, reading, writing and converting. Knows no file format.
@SuppressWarnings("module")
module dev.modelfile {
    requires static transitive org.jspecify;

    exports dev.modelfile;
    exports dev.modelfile.io;
    exports dev.modelfile.scan;
    exports dev.modelfile.spi;
    exports dev.modelfile.json to
            dev.modelfile.safetensors,
            dev.modelfile.checkpoint;
    exports dev.modelfile.shard to
            dev.modelfile.safetensors,
            dev.modelfile.gguf,
            dev.modelfile.onnx,
            dev.modelfile.checkpoint;

    uses dev.modelfile.ModelFormat;
    uses dev.modelfile.spi.ContentScanner;
}
