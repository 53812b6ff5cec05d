/// The model: tensors, types, metadata, reading, writing and converting. Knows no file format.
module dev.modelfile {
    requires static transitive org.jspecify;

    exports dev.modelfile;
}
