/// PyTorch checkpoints, read without executing them.
module dev.modelfile.checkpoint {
    requires transitive dev.modelfile;
    requires static transitive org.jspecify;
}
