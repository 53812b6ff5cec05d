package dev.modelfile.safetensors;

/// Entry point for Safetensors files.
public final class Safetensors {

    private Safetensors() {}
}
