package dev.modelfile.cli.values;

import dev.modelfile.Tensor;
import java.io.IOException;

/// How the finite elements of a tensor are spread over bins of equal width.
///
/// @param min lower end of the first bin
/// @param max upper end of the last bin, which includes it
/// @param counts the elements in each bin
public record Histogram(double min, double max, long[] counts) {
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉█";

    /// Counts.
    ///
    /// @param statistics of the same tensor
    /// @throws IOException if the elements cannot be had
    public static Histogram of(Tensor tensor, Statistics statistics, int bins) throws IOException {
        double min = statistics.min();
        double max = statistics.max();
        long[] counts = new long[bins];
        long elements = tensor.shape().elements();
        double[] chunk = new double[(int) Math.min(Elements.CHUNK, elements)];
        // Halved, so that the whole range of doubles has a finite width.
        double half = max / 2 - min / 2;
        for (long first = 0; first < elements; first += chunk.length) {
            int n = (int) Math.min(chunk.length, elements - first);
            tensor.readInto(first, chunk, 0, n);
            for (int i = 0; i < n; i++) {
                if (Double.isFinite(chunk[i])) {
                    double share = half == 0 ? 0 : (chunk[i] / 2 - min / 2) / half;
                    counts[Math.min(bins - 1, (int) (share * bins))]++;
                }
            }
        }
        return new Histogram(min, max, counts);
    }

    /// The lower end of a bin.
    public double edge(int bin) {
        double share = (double) bin / counts.length;
        return min * (1 - share) + max * share;
    }

    /// A bar for a bin, as long as its share of the fullest bin.
    public String bar(int bin, int width, boolean unicode) {
        long most = 1;
        for (long count : counts) {
            most = Math.max(most, count);
        }
        double length = (double) counts[bin] / most * width;
        if (!unicode) {
            return "#".repeat((int) Math.ceil(length));
        }
        int eighths = (int) Math.ceil(length * 8);
        String whole = "█".repeat(eighths / 8);
        return eighths % 8 == 0 ? whole : whole + EIGHTHS.charAt(eighths % 8);
    }
}
