package dev.modelfile.gguf.quant;

import java.util.Arrays;

/// For every point of a lattice: its index on the grid, or the nearest points of the grid.
///
/// "Nearest" are all grid points at the one, two or three smallest distances that occur, ordered by distance and then
/// by index. The tables are computed when the first tensor of a type is encoded, which takes some milliseconds: the
/// squared distance of two points is the sum of the distances of their halves, and those are in a small table.
public final class Neighbours {

    /// The grid.
    public final Grid grid;
    /// By point number: the index on the grid, or `-1 - start` where `start` is the place in [#list].
    public final int[] place;
    /// At each start: how many neighbours follow.
    public final short[] list;
    /// The values `2 * digit + 1` of all grid points, which the searches compare with.
    public final float[] odd;
    /// The same values by grid point, four bits each, the first lowest.
    public final int[] code;

    /// @param shells how many different distances to take
    public Neighbours(Grid grid, int shells) {
        this.grid = grid;
        this.place = new int[grid.latticeSize()];
        this.odd = new float[grid.digits.length];
        for (int i = 0; i < odd.length; i++) {
            odd[i] = 2 * grid.digits[i] + 1;
        }
        this.code = new int[grid.size];
        for (int i = 0; i < odd.length; i++) {
            code[i / grid.length] |= (int) odd[i] << 4 * (i % grid.length);
        }
        this.list = fill(shells);
    }

    private short[] fill(int shells) {
        Arrays.fill(place, -1);
        int half = grid.length == 8 ? 81 : 64;
        int[] low = new int[grid.size];
        int[] high = new int[grid.size];
        for (int i = 0; i < grid.size; i++) {
            place[grid.number[i]] = i;
            low[i] = grid.number[i] % half;
            high[i] = grid.number[i] / half;
        }
        byte[] between = halfDistances(half);
        int[] distance = new int[grid.size];
        int[] count = new int[256];
        short[] found = new short[1 << 18];
        int end = 0;
        for (int point = 0; point < place.length; point++) {
            if (place[point] >= 0) {
                continue;
            }
            int lowRow = point % half * half;
            int highRow = point / half * half;
            Arrays.fill(count, 0);
            for (int i = 0; i < distance.length; i++) {
                int d = between[lowRow + low[i]] + between[highRow + high[i]];
                distance[i] = d;
                count[d]++;
            }
            if (end + 1 + grid.size > found.length) {
                found = Arrays.copyOf(found, 2 * found.length);
            }
            place[point] = -1 - end;
            end = collect(shells, distance, count, found, end);
        }
        return Arrays.copyOf(found, end);
    }

    /// Appends one list and returns where the next begins. Turns `count` into the places where each distance continues.
    private static int collect(int shells, int[] distance, int[] count, short[] found, int start) {
        int at = start + 1;
        int taken = 0;
        int last = 0;
        for (int d = 0; taken < shells && d < count.length; d++) {
            if (count[d] != 0) {
                int next = at + count[d];
                count[d] = at;
                at = next;
                last = d;
                taken++;
            }
        }
        found[start] = (short) (at - start - 1);
        for (int i = 0; i < distance.length; i++) {
            if (distance[i] <= last) {
                found[count[distance[i]]++] = (short) i;
            }
        }
        return at;
    }

    /// Squared distances, in steps of a digit, between all pairs of half points.
    private byte[] halfDistances(int half) {
        byte[] between = new byte[half * half];
        for (int a = 0; a < half; a++) {
            for (int b = 0; b < half; b++) {
                int sum = 0;
                for (int x = a, y = b, k = 0; k < grid.length / 2; k++, x /= grid.base, y /= grid.base) {
                    int step = x % grid.base - y % grid.base;
                    sum += step * step;
                }
                between[a * half + b] = (byte) sum;
            }
        }
        return between;
    }

    /// Among the neighbours in a list, the index of the one with the smallest weighted distance to `x`, of equals the
    /// first; negative if no distance is finite.
    ///
    /// @param start where in the list their count is, which they follow
    public int nearest(short[] list, int start, float[] x, int from, float[] weight, int weightFrom, float scale) {
        return grid.length == 8
                ? nearestOfEight(list, start, x, from, weight, weightFrom, scale)
                : nearestOfFour(list, start, x, from, weight, weightFrom, scale);
    }

    private int nearestOfEight(
            short[] list, int start, float[] x, int from, float[] weight, int weightFrom, float scale) {
        float best = Float.MAX_VALUE;
        int index = -1;
        for (int j = start + 1; j <= start + list[start]; j++) {
            int candidate = list[j];
            float sum = 0;
            for (int i = 0; i < 8; i++) {
                float diff = scale * odd[candidate * 8 + i] - x[from + i];
                sum += weight[weightFrom + i] * diff * diff;
            }
            if (sum < best) {
                best = sum;
                index = candidate;
            }
        }
        return index;
    }

    private int nearestOfFour(
            short[] list, int start, float[] x, int from, float[] weight, int weightFrom, float scale) {
        float best = Float.MAX_VALUE;
        int index = -1;
        for (int j = start + 1; j <= start + list[start]; j++) {
            int candidate = list[j];
            float sum = 0;
            for (int i = 0; i < 4; i++) {
                float diff = scale * odd[candidate * 4 + i] - x[from + i];
                sum += weight[weightFrom + i] * diff * diff;
            }
            if (sum < best) {
                best = sum;
                index = candidate;
            }
        }
        return index;
    }

    /// What the grid types say where ggml stops the program.
    public static IllegalArgumentException tooLarge() {
        return new IllegalArgumentException(
                "the values are too large for this type's search: their weighted squares exceed the range of a float");
    }
}
