package dev.modelfile.gguf.simd;

import dev.modelfile.gguf.quant.BlockCodec;

/// Decides once whether this process uses vector kernels.
///
/// It does if the module `jdk.incubator.vector` is present (`java --add-modules jdk.incubator.vector`) and the virtual
/// machine has its optimising compiler: without it (`-Xint`, `-XX:TieredStopAtLevel=1`) every vector is an object, and
/// the scalar kernels are many times as fast. The system property `modelfile.vector` decides otherwise: `off` never
/// uses them, `on` whenever the module is present, and `128`, `256` and `512` also choose the width of a vector in
/// bits; without it, vectors are as wide as the machine prefers, up to 512 bits.
public final class Vectors {

    /// The name of the system property.
    public static final String PROPERTY = "modelfile.vector";

    private static final class Choice {
        static final boolean AVAILABLE = available();

        private static boolean available() {
            String wish = System.getProperty(PROPERTY);
            return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                    && (wish == null ? optimises(System.getProperty("java.vm.info", "")) : !wish.equals("off"));
        }

        /// HotSpot calls itself so when it is confined to its interpreter or its quick compiler.
        private static boolean optimises(String virtualMachine) {
            return !virtualMachine.contains("interpreted mode") && !virtualMachine.contains("emulated-client");
        }
    }

    private Vectors() {}

    /// Whether vector kernels are used.
    public static boolean available() {
        return Choice.AVAILABLE;
    }

    /// The codec to use in place of a scalar one: the one with vector kernels if they are [#available], else the same.
    public static BlockCodec codec(BlockCodec scalar) {
        return available() ? VectorCodecs.codec(scalar) : scalar;
    }

    /// The bits of the largest magnitude of `n` values: more than those of the largest float if one is not finite.
    public static int largestMagnitude(float[] x, int from, int n) {
        if (available()) {
            return Magnitudes.bits(x, from, n);
        }
        int largest = 0;
        for (int i = from; i < from + n; i++) {
            largest = Math.max(largest, Float.floatToRawIntBits(x[i]) & Integer.MAX_VALUE);
        }
        return largest;
    }
}
