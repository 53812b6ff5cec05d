package dev.modelfile.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.modelfile.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// ggml's C library, for one type: `ggml_quantize_chunk` and the type's `to_float`.
///
/// The environment variable `MODELFILE_GGML_LIB` is the path of `libggml-base.so`.
@SuppressWarnings("restricted")
final class GgmlPeer {

    static final String VARIABLE = "MODELFILE_GGML_LIB";
    /// Where `struct ggml_type_traits` holds `to_float`.
    private static final long TO_FLOAT = 40;

    private final int id;
    private final MethodHandle quantize;
    private final MethodHandle toFloat;

    /// The library, which stays loaded.
    static SymbolLookup library() {
        String path = System.getenv(VARIABLE);
        if (path == null) {
            throw new IllegalStateException("set " + VARIABLE + " to the path of libggml-base.so");
        }
        return SymbolLookup.libraryLookup(Path.of(path), Arena.global());
    }

    /// Its version and commit.
    static String version() {
        try {
            return text("ggml_version") + " " + text("ggml_commit");
        } catch (Throwable problem) {
            throw new IllegalStateException(problem);
        }
    }

    private static String text(String function) throws Throwable {
        var pointer = ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(256, JAVA_BYTE));
        MethodHandle get = Linker.nativeLinker()
                .downcallHandle(library().find(function).orElseThrow(), FunctionDescriptor.of(pointer));
        return ((MemorySegment) get.invokeExact()).getString(0);
    }

    GgmlPeer(GgmlType type) throws Throwable {
        this.id = type.id();
        var linker = Linker.nativeLinker();
        var library = library();
        var init = linker.downcallHandle(
                library.find("ggml_quantize_init").orElseThrow(), FunctionDescriptor.ofVoid(JAVA_INT));
        init.invokeExact(id);
        this.quantize = linker.downcallHandle(
                library.find("ggml_quantize_chunk").orElseThrow(),
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS));
        var traits = linker.downcallHandle(
                library.find("ggml_get_type_traits").orElseThrow(),
                FunctionDescriptor.of(
                        ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(TO_FLOAT + 8, JAVA_BYTE)), JAVA_INT));
        MemorySegment found = (MemorySegment) traits.invokeExact(id);
        this.toFloat = linker.downcallHandle(
                found.get(ADDRESS, TO_FLOAT), FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, JAVA_LONG));
    }

    void encode(MemorySegment floats, MemorySegment blocks, long rows, long columns, @Nullable MemorySegment weights)
            throws Throwable {
        MemorySegment importance = weights == null ? MemorySegment.NULL : weights;
        long size = (long) quantize.invokeExact(id, floats, blocks, 0L, rows, columns, importance);
        if (size <= 0) {
            throw new IllegalStateException("ggml wrote nothing");
        }
    }

    void decode(MemorySegment blocks, MemorySegment floats, long elements) throws Throwable {
        toFloat.invokeExact(blocks, floats, elements);
    }

    /// A native copy that lives as long as the process.
    static MemorySegment copy(float[] values) {
        MemorySegment copy = Arena.global().allocate(JAVA_FLOAT, values.length);
        MemorySegment.copy(values, 0, copy, JAVA_FLOAT, 0, values.length);
        return copy;
    }
}
