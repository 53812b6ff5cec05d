package dev.modelfile.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// ggml's C reader of GGUF files.
@SuppressWarnings("restricted")
final class GgufPeer {
    /// `struct gguf_init_params`: whether to leave the data alone, and a context for tensors, here none.
    private static final StructLayout PARAMS = MemoryLayout.structLayout(
            JAVA_BOOLEAN.withName("no_alloc"), MemoryLayout.paddingLayout(7), ADDRESS.withName("ctx"));

    private final MethodHandle init;
    private final MethodHandle free;

    GgufPeer() {
        Linker linker = Linker.nativeLinker();
        init = linker.downcallHandle(
                GgmlPeer.library().find("gguf_init_from_file").orElseThrow(),
                FunctionDescriptor.of(ADDRESS, ADDRESS, PARAMS));
        free = linker.downcallHandle(
                GgmlPeer.library().find("gguf_free").orElseThrow(), FunctionDescriptor.ofVoid(ADDRESS));
    }

    /// Opens a file and closes it.
    void open(Path file) throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = arena.allocate(PARAMS);
            params.set(JAVA_BOOLEAN, 0, true);
            MemorySegment context = (MemorySegment) init.invokeExact(arena.allocateFrom(file.toString()), params);
            if (context.address() == 0) {
                throw new IllegalStateException("ggml cannot read " + file);
            }
            free.invokeExact(context);
        }
    }
}
