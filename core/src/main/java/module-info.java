/// The model: tensors, types, metadata, reading, writing and converting. Knows no file format.
module dev.modelfile {
    requires static transitive org.jspecify;

    exports dev.modelfile;
    exports dev.modelfile.io;
    exports dev.modelfile.scan;
    exports dev.modelfile.spi;

    uses dev.modelfile.ModelFormat;
    uses dev.modelfile.spi.ContentScanner;
}
