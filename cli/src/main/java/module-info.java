/// The command line program.
module dev.modelfile.cli {
    requires dev.modelfile;
    requires dev.modelfile.checkpoint;
    requires dev.modelfile.gguf;
    requires dev.modelfile.onnx;
    requires dev.modelfile.safetensors;
    requires info.picocli;
    requires static org.jspecify;
    requires tools.jackson.core;

    opens dev.modelfile.cli to
            info.picocli;
    opens dev.modelfile.cli.option to
            info.picocli;
    opens dev.modelfile.cli.verb to
            info.picocli;
}
