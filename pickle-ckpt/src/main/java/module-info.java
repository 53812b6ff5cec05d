/// PyTorch checkpoints, read without executing them, and the scanner that says what is inside.
module dev.modelfile.checkpoint {
    requires transitive dev.modelfile;
    requires static transitive org.jspecify;

    exports dev.modelfile.checkpoint;

    provides dev.modelfile.ModelFormat with
            dev.modelfile.checkpoint.CheckpointFormat;
    provides dev.modelfile.spi.ContentScanner with
            dev.modelfile.checkpoint.PickleScanner;
}
