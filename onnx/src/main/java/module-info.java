/// ONNX models with their external data.
module dev.modelfile.onnx {
    requires transitive dev.modelfile;
    requires static transitive com.google.protobuf;
    requires static transitive org.jspecify;

    exports dev.modelfile.onnx.proto;
}
