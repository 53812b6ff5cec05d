package dev.modelfile.internal;

import dev.modelfile.ScalarType;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A view of sub-byte elements that does not fall on byte boundaries: picks each element and packs them anew.
final class PackedView implements TensorData {
    private final TensorData base;
    private final ScalarType type;
    private final Slicer.View view;
    private final long elements;

    PackedView(TensorData base, ScalarType type, Slicer.View view, long elements) {
        this.base = base;
        this.type = type;
        this.view = view;
        this.elements = elements;
    }

    @Override
    public long byteSize() {
        return type.byteSize(elements);
    }

    @Override
    public @Nullable MemorySegment segment() {
        return null;
    }

    @Override
    public void read(long offset, MemorySegment target) throws IOException {
        Objects.checkFromIndexSize(offset, target.byteSize(), byteSize());
        // Whole blocks begin on byte boundaries: start at the block that holds the first wanted byte.
        long element = offset / type.blockBytes() * type.blockElements();
        long at = offset / type.blockBytes() * type.blockBytes() - offset;
        int pending = 0;
        int bits = 0;
        while (at < target.byteSize()) {
            pending |= (element < elements ? code(element) : 0) << bits;
            element++;
            bits += type.bits();
            while (bits >= 8 && at < target.byteSize()) {
                if (at >= 0) {
                    target.set(ValueLayout.JAVA_BYTE, at, (byte) pending);
                }
                at++;
                pending >>>= 8;
                bits -= 8;
            }
        }
    }

    /// The bits of one element of the view.
    private int code(long element) throws IOException {
        long rest = element;
        long flat = view.start();
        for (int i = view.dims().length - 1; i >= 0; i--) {
            flat += rest % view.dims()[i] * view.strides()[i];
            rest /= view.dims()[i];
        }
        long bit = flat % 8 * type.bits();
        long first = flat / 8 * type.bits() + bit / 8;
        int shift = (int) (bit % 8);
        int low = baseByte(first) >>> shift;
        int high = shift + type.bits() > 8 ? baseByte(first + 1) << (8 - shift) : 0;
        return (low | high) & ((1 << type.bits()) - 1);
    }

    private int baseByte(long offset) throws IOException {
        MemorySegment all = base.segment();
        if (all != null) {
            return all.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
        }
        byte[] one = new byte[1];
        base.read(offset, MemorySegment.ofArray(one));
        return one[0] & 0xFF;
    }
}
