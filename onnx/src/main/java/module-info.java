/// ONNX models with their external data.
module dev.modelfile.onnx {
    requires transitive dev.modelfile;
    // Only for the graph view: tensors and metadata are read without it.
    requires static transitive com.google.protobuf;
    requires static transitive org.jspecify;

    exports dev.modelfile.onnx;
    exports dev.modelfile.onnx.proto;

    provides dev.modelfile.ModelFormat with
            dev.modelfile.onnx.OnnxFormat;
}
