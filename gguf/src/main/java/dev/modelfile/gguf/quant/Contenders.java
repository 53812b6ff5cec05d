package dev.modelfile.gguf.quant;

import java.util.Arrays;

/// The neighbours that can be the nearest to values which round to a point.
///
/// Most cannot: another neighbour comes before them and differs from the point by less wherever the two disagree, so in
/// no element it is farther from the values. With base 3 one in three to five is left.
///
/// This holds as long as rounding of floats cannot turn the order of the distances, that is for values not too near to
/// the middle between two digits; see [#isDoubtful].
public final class Contenders {

    /// How near to the middle between two digits, in steps of a digit, a value must not be.
    public static final float MARGIN = 1e-4f;

    /// By point number, for points off the grid: where their contenders begin in [#list].
    public final int[] start;
    /// At each start: how many follow, then their indexes on the grid in the order of the neighbours.
    public final short[] list;
    private final Grid grid;

    Contenders(Neighbours neighbours) {
        this.grid = neighbours.grid;
        this.start = new int[neighbours.place.length];
        short[] kept = new short[neighbours.list.length];
        int end = 0;
        for (int point = 0; point < start.length; point++) {
            if (neighbours.place[point] < 0) {
                start[point] = end;
                end = prune(neighbours.list, -1 - neighbours.place[point], point, kept, end);
            }
        }
        this.list = Arrays.copyOf(kept, end);
    }

    private int prune(short[] all, int from, int point, short[] kept, int to) {
        int end = to + 1;
        for (int j = from + 1; j <= from + all[from]; j++) {
            int k = to + 1;
            while (k < end && !nearer(kept[k], all[j], point)) {
                k++;
            }
            if (k == end) {
                kept[end++] = all[j];
            }
        }
        kept[to] = (short) (end - to - 1);
        return end;
    }

    /// Whether `a` differs from the point by less than `b` wherever the two disagree.
    private boolean nearer(int a, int b, int point) {
        for (int i = 0, rest = point; i < grid.length; i++, rest /= grid.base) {
            int digit = rest % grid.base;
            int stepA = grid.digits[a * grid.length + i] - digit;
            int stepB = grid.digits[b * grid.length + i] - digit;
            if (stepA != stepB && Math.abs(stepA) >= Math.abs(stepB)) {
                return false;
            }
        }
        return true;
    }
}
