/// GGUF files and the ggml block types.
module dev.modelfile.gguf {
    requires transitive dev.modelfile;
    requires static transitive org.jspecify;
}
