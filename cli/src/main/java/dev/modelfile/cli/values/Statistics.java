package dev.modelfile.cli.values;

import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import java.io.IOException;
import java.util.function.LongConsumer;

/// Statistics of a tensor of any size, read in chunks. NaN and infinite elements are counted and otherwise left out.
public final class Statistics {
    private long count;
    private long zeros;
    private long nans;
    private long infinities;
    private long finite;
    private double min = Double.NaN;
    private double max = Double.NaN;
    private double mean;
    /// Sum of the squared distances from the mean.
    private double spread;

    private double norm;
    private String exactMin = "";
    private String exactMax = "";

    private Statistics() {}

    /// Whether a tensor has numbers to compute with.
    public static boolean possible(Tensor tensor) {
        return Elements.areNumbers(tensor.dtype());
    }

    /// Computes.
    ///
    /// @param progress told the number of elements read so far
    /// @throws IOException if the elements cannot be had, or are no numbers
    public static Statistics of(Tensor tensor, LongConsumer progress) throws IOException {
        Statistics statistics = new Statistics();
        long elements = tensor.shape().elements();
        double[] chunk = new double[(int) Math.min(Elements.CHUNK, elements)];
        for (long first = 0; first < elements; first += chunk.length) {
            int n = (int) Math.min(chunk.length, elements - first);
            tensor.readInto(first, chunk, 0, n);
            statistics.add(chunk, n);
            progress.accept(first + n);
        }
        if (Elements.areWideIntegers(tensor.dtype())) {
            statistics.exact(tensor);
        }
        return statistics;
    }

    private void add(double[] values, int n) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        double sum = 0;
        int kept = 0;
        for (int i = 0; i < n; i++) {
            double value = values[i];
            if (Double.isNaN(value)) {
                nans++;
            } else if (Double.isInfinite(value)) {
                infinities++;
            } else {
                zeros += value == 0 ? 1 : 0;
                low = Math.min(low, value);
                high = Math.max(high, value);
                sum += value;
                values[kept++] = value;
            }
        }
        count += n;
        if (kept > 0) {
            min = finite == 0 ? low : Math.min(min, low);
            max = finite == 0 ? high : Math.max(max, high);
            merge(values, kept, sum / kept, Math.max(Math.abs(low), Math.abs(high)));
        }
    }

    /// Joins the moments of a chunk with those before it (Chan, Golub and LeVeque).
    private void merge(double[] values, int n, double chunkMean, double largest) {
        double scale = largest == 0 ? 1 : Math.scalb(1.0, Math.getExponent(largest));
        double squares = 0;
        double chunkSpread = 0;
        for (int i = 0; i < n; i++) {
            double distance = values[i] - chunkMean;
            double scaled = values[i] / scale;
            chunkSpread += distance * distance;
            squares += scaled * scaled;
        }
        norm = Math.hypot(norm, scale * Math.sqrt(squares));
        double gap = chunkMean - mean;
        long total = finite + n;
        mean += gap * n / total;
        spread += chunkSpread + gap * gap * finite * n / total;
        finite = total;
    }

    private void exact(Tensor tensor) throws IOException {
        boolean unsigned = tensor.dtype() == ScalarType.U64;
        long elements = tensor.shape().elements();
        long[] chunk = new long[(int) Math.min(Elements.CHUNK, elements)];
        long flip = unsigned ? Long.MIN_VALUE : 0;
        long low = Long.MAX_VALUE;
        long high = Long.MIN_VALUE;
        for (long first = 0; first < elements; first += chunk.length) {
            int n = (int) Math.min(chunk.length, elements - first);
            tensor.readInto(first, chunk, 0, n);
            for (int i = 0; i < n; i++) {
                low = Math.min(low, chunk[i] ^ flip);
                high = Math.max(high, chunk[i] ^ flip);
            }
        }
        if (elements > 0) {
            exactMin = unsigned ? Long.toUnsignedString(low ^ flip) : Long.toString(low);
            exactMax = unsigned ? Long.toUnsignedString(high ^ flip) : Long.toString(high);
        }
    }

    /// The number of elements.
    public long count() {
        return count;
    }

    /// How many are zero, of either sign.
    public long zeros() {
        return zeros;
    }

    /// How many are NaN.
    public long nans() {
        return nans;
    }

    /// How many are infinite.
    public long infinities() {
        return infinities;
    }

    /// The least finite element, NaN if there is none.
    public double min() {
        return min;
    }

    /// The greatest finite element, NaN if there is none.
    public double max() {
        return max;
    }

    /// The least element as text; exact for 64-bit integers too.
    public String minText() {
        return exactMin.isEmpty() ? Double.toString(min) : exactMin;
    }

    /// The greatest element as text; exact for 64-bit integers too.
    public String maxText() {
        return exactMax.isEmpty() ? Double.toString(max) : exactMax;
    }

    /// The mean of the finite elements, NaN if there is none.
    public double mean() {
        return finite == 0 ? Double.NaN : mean;
    }

    /// The standard deviation of the finite elements, as of a whole population; NaN if there is none.
    public double std() {
        return finite == 0 ? Double.NaN : Math.sqrt(spread / finite);
    }

    /// The greatest magnitude of a finite element, NaN if there is none.
    public double absMax() {
        return Math.max(Math.abs(min), Math.abs(max));
    }

    /// The Euclidean norm of the finite elements.
    public double l2() {
        return norm;
    }
}
