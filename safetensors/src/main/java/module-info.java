/// Safetensors files, single and sharded.
module dev.modelfile.safetensors {
    requires transitive dev.modelfile;
    requires static transitive org.jspecify;
    requires tools.jackson.databind;

    exports dev.modelfile.safetensors;
}
