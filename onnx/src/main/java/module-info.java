/// ONNX models with their external data.
module dev.modelfile.onnx {
    requires transitive dev.modelfile;
    requires static transitive org.jspecify;
}
