/// GGUF: the file format of ggml, llama.cpp and the programs around them.
module dev.modelfile.gguf {
    requires transitive dev.modelfile;
    requires static transitive org.jspecify;
    // Optional at run time, for the vector kernels: --add-modules jdk.incubator.vector.
    requires static jdk.incubator.vector;

    exports dev.modelfile.gguf;

    provides dev.modelfile.ModelFormat with
            dev.modelfile.gguf.GgufFormat;
}
