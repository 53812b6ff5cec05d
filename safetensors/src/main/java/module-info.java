/// Safetensors: single files and sharded checkpoints.
module dev.modelfile.safetensors {
    requires transitive dev.modelfile;
    requires static transitive org.jspecify;

    exports dev.modelfile.safetensors;

    provides dev.modelfile.ModelFormat with
            dev.modelfile.safetensors.SafetensorsFormat;
}
