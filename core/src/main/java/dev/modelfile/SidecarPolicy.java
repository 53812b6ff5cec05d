package dev.modelfile;

/// Which files a model may lead its reader to, when it names others that hold its data.
public enum SidecarPolicy {
    /// Only regular files in the model's folder or below it, with no link on the way and no `..` in the name.
    STRICT,
    /// Regular files in the model's folder or below it, also through links that end there, beside the file that the
    /// model's own link leads to, or in the same repository of a Hugging Face cache.
    DEFAULT,
    /// Whatever the name leads to, absolute paths included. For models that are as trusted as the program itself.
    TRUSTED
}
