package dev.modelfile.checkpoint.container;

import dev.modelfile.DType;
import dev.modelfile.MalformedModelException;
import dev.modelfile.Shape;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A tensor that is stored in rectangular pieces, put together when it is read.
final class Tiles implements TensorData {
    private final int unit;
    private final long[] size;
    private final List<Tile> tiles;
    private final long bytes;
    private final Region place;

    /// One piece.
    ///
    /// @param offset where it begins in each dimension
    /// @param size its dimensions
    /// @param data its elements
    record Tile(long[] offset, long[] size, TensorData data) {
        boolean contains(long[] index) {
            for (int i = 0; i < index.length; i++) {
                if (index[i] < offset[i] || index[i] - offset[i] >= size[i]) {
                    return false;
                }
            }
            return true;
        }

        long elementAt(long[] index) {
            long element = 0;
            for (int i = 0; i < index.length; i++) {
                element = element * size[i] + index[i] - offset[i];
            }
            return element;
        }
    }

    private Tiles(int unit, long[] size, List<Tile> tiles, long bytes, Region place) {
        this.unit = unit;
        this.size = size;
        this.tiles = tiles;
        this.bytes = bytes;
        this.place = place;
    }

    /// Puts pieces together.
    ///
    /// @throws MalformedModelException if they do not fill the tensor exactly
    static TensorData of(DType dtype, long[] size, List<Tile> tiles, Region place) throws MalformedModelException {
        try {
            long elements = Shape.of(size).elements();
            long found = 0;
            for (Tile tile : tiles) {
                if (tile.offset().length != size.length || tile.size().length != size.length) {
                    throw new IllegalArgumentException("a piece of another rank");
                }
                for (int i = 0; i < size.length; i++) {
                    Objects.checkFromIndexSize(tile.offset()[i], tile.size()[i], size[i]);
                }
                found = Math.addExact(found, Shape.of(tile.size()).elements());
            }
            if (found != elements || dtype.blockElements() != 1 || dtype.blockBytes() == 0) {
                throw new IllegalArgumentException(found + " elements in pieces vs " + elements);
            }
            long bytes = dtype.byteSize(Shape.of(size));
            boolean whole = tiles.size() == 1;
            return whole ? tiles.get(0).data() : new Tiles(dtype.blockBytes(), size, List.copyOf(tiles), bytes, place);
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException wrong) {
            throw place.malformed("checkpoint.distributed", "", -1, "pieces of a tensor: " + wrong.getMessage());
        }
    }

    @Override
    public long byteSize() {
        return bytes;
    }

    @Override
    public @Nullable MemorySegment segment() {
        return null;
    }

    @Override
    public void read(long offset, MemorySegment target) throws IOException {
        Objects.checkFromIndexSize(offset, target.byteSize(), bytes);
        for (long done = 0; done < target.byteSize(); ) {
            long at = offset + done;
            long[] index = index(at / unit);
            Tile tile = tile(index);
            int last = size.length - 1;
            long run = (tile.offset()[last] + tile.size()[last] - index[last]) * unit - at % unit;
            long length = Math.min(run, target.byteSize() - done);
            tile.data().read(tile.elementAt(index) * unit + at % unit, target.asSlice(done, length));
            done += length;
        }
    }

    private long[] index(long element) {
        long[] index = new long[size.length];
        for (int i = size.length - 1; i >= 0; i--) {
            index[i] = element % size[i];
            element /= size[i];
        }
        return index;
    }

    private Tile tile(long[] index) throws MalformedModelException {
        for (Tile tile : tiles) {
            if (tile.contains(index)) {
                return tile;
            }
        }
        throw place.malformed("checkpoint.distributed", "", -1, "no piece holds " + Arrays.toString(index));
    }
}
