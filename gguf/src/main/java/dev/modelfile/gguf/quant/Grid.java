package dev.modelfile.gguf.quant;

import java.util.Base64;
import java.util.BitSet;

/// The points that a grid type may use for a run of consecutive elements, out of all points of a small lattice.
///
/// A point is a run of digits, 8 digits below 3 or 4 digits below 8; its number has the first digit lowest. Points on
/// the grid have an index, which is their rank by number.
public final class Grid {

    /// The grid of IQ2_XXS.
    public static final Grid IQ2_XXS = new Grid(GridPoints.IQ2_XXS, 8, 3);
    /// The grid of IQ2_XS.
    public static final Grid IQ2_XS = new Grid(GridPoints.IQ2_XS, 8, 3);
    /// The grid of IQ2_S.
    public static final Grid IQ2_S = new Grid(GridPoints.IQ2_S, 8, 3);
    /// The grid of IQ1_S and IQ1_M.
    public static final Grid IQ1 = new Grid(GridPoints.IQ1, 8, 3);
    /// The grid of IQ3_XXS.
    public static final Grid IQ3_XXS = new Grid(GridPoints.IQ3_XXS, 4, 8);
    /// The grid of IQ3_S.
    public static final Grid IQ3_S = new Grid(GridPoints.IQ3_S, 4, 8);

    /// Digits of a point.
    public final int length;
    /// Values that a digit can have.
    public final int base;
    /// Points on the grid.
    public final int size;
    /// The digits of all points on the grid, in the order of their indexes.
    public final byte[] digits;
    /// The number of each point on the grid.
    public final int[] number;

    private Grid(String points, int length, int base) {
        BitSet set = BitSet.valueOf(Base64.getDecoder().decode(points));
        this.length = length;
        this.base = base;
        this.number = set.stream().toArray();
        this.size = number.length;
        this.digits = new byte[size * length];
        for (int i = 0; i < size; i++) {
            int rest = number[i];
            for (int k = 0; k < length; k++, rest /= base) {
                digits[i * length + k] = (byte) (rest % base);
            }
        }
    }

    /// Points of the lattice, on the grid or not.
    int latticeSize() {
        return length == 8 ? 6561 : 4096;
    }

    /// A table for decoders: `values[digit]` for all digits of all points.
    public float[] table(float... values) {
        float[] table = new float[digits.length];
        for (int i = 0; i < table.length; i++) {
            table[i] = values[digits[i]];
        }
        return table;
    }
}
