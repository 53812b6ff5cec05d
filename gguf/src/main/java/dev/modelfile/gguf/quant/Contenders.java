package dev.modelfile.gguf.quant;

import java.util.Arrays;

/// The neighbours that can be the nearest to values which round to a point.
///
/// Most cannot: another neighbour comes before them in the list and differs from the point by less wherever the two
/// disagree, so it is farther from the values in no element, whatever the weights. For IQ2_XS one in four or five is
/// left, for the IQ3 types one in two, for IQ2_S all.
///
/// This holds as long as the rounding of floats cannot turn the order of two distances: for scales in the middle of the
/// range of floats, and values that are not too near to the middle between two digits. A value and its product with
/// a scale are off by less than [#MARGIN] then, and all later operations are monotone.
public final class Contenders {

    /// How near to the middle between two digits, in steps of a digit, a value must not be.
    public static final float MARGIN = 2e-5f;
    /// The value up to which rounding is exact.
    public static final float MAX_VALUE = 1e6f;
    /// Scales must be larger.
    public static final float MIN_SCALE = 1e-30f;
    /// Scales must be smaller.
    public static final float MAX_SCALE = 1e30f;

    private static final float MAGIC = 12582912f;

    /// By point number, for points off the grid: where their contenders begin in [#list].
    public final int[] start;
    /// At each start: how many follow, then their indexes on the grid in the order of the neighbours.
    public final short[] list;
    /// At each start: the codes of the contenders, ended by 0. Longer than that, to be read by vectors.
    public final int[] codes;
    /// Whether all neighbours of all points are contenders.
    final boolean areAll;

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
        this.areAll = end == kept.length;
        this.codes = new int[end + 16];
        for (int point = 0; point < start.length; point++) {
            if (neighbours.place[point] < 0) {
                int from = start[point];
                for (int j = from; j < from + list[from]; j++) {
                    codes[j] = neighbours.code[list[j + 1]];
                }
            }
        }
    }

    /// Whether a value, in steps of a digit, is far enough from the middle between two digits.
    public static boolean isClear(float v) {
        return Math.abs(v) < MAX_VALUE && (v <= 0 || Math.abs(v + MAGIC - MAGIC - v) <= 0.5f - MARGIN);
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
