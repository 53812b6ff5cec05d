package dev.modelfile.cli.values;

import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import java.io.IOException;
import java.util.function.LongConsumer;

/// How the values of two tensors of one shape differ.
///
/// @param elements how many there are
/// @param different how many differ by more than the tolerance, or are NaN or infinite on one side only
/// @param maxAbs the greatest difference of finite elements; NaN if the elements are no numbers
/// @param rms the root of the mean squared difference, in which equal NaN and infinities count as zero; NaN if the
///     elements are no numbers
public record Comparison(long elements, long different, double maxAbs, double rms) {

    /// Compares chunk by chunk.
    ///
    /// @param tolerance greatest difference that counts as none
    /// @param progress told the number of elements read since the last call
    /// @throws IOException if the elements cannot be had
    public static Comparison of(Tensor a, Tensor b, double tolerance, LongConsumer progress) throws IOException {
        long elements = a.shape().elements();
        boolean sameType = a.dtype().equals(b.dtype());
        if (sameType && a.isMapped() && b.isMapped() && a.segment().mismatch(b.segment()) < 0) {
            progress.accept(elements);
            return new Comparison(elements, 0, 0, 0);
        }
        if (Elements.areNumbers(a.dtype()) && Elements.areNumbers(b.dtype())) {
            boolean wide = sameType && Elements.areWideIntegers(a.dtype());
            return new Run(a, b, tolerance).compare(wide, progress);
        }
        progress.accept(elements);
        boolean same = sameType && a.byteSize() == b.byteSize() && a.sha256().equals(b.sha256());
        return same ? new Comparison(elements, 0, 0, 0) : new Comparison(elements, elements, Double.NaN, Double.NaN);
    }

    /// Whether nothing differs.
    public boolean isSame() {
        return different == 0;
    }

    /// One comparison under way.
    private static final class Run {
        private final Tensor a;
        private final Tensor b;
        private final double tolerance;
        private long different;
        private long finite;
        private double maxAbs;
        private double norm;

        Run(Tensor a, Tensor b, double tolerance) {
            this.a = a;
            this.b = b;
            this.tolerance = tolerance;
        }

        Comparison compare(boolean wide, LongConsumer progress) throws IOException {
            long elements = a.shape().elements();
            double[] differences = new double[(int) Math.min(Elements.CHUNK, elements)];
            double[] others = new double[wide ? 0 : differences.length];
            long[] left = new long[wide ? differences.length : 0];
            long[] right = new long[left.length];
            for (long first = 0; first < elements; first += differences.length) {
                int n = (int) Math.min(differences.length, elements - first);
                if (wide) {
                    a.readInto(first, left, 0, n);
                    b.readInto(first, right, 0, n);
                    subtract(left, right, differences, n);
                } else {
                    a.readInto(first, differences, 0, n);
                    b.readInto(first, others, 0, n);
                    subtract(differences, others, n);
                }
                add(differences, n);
                progress.accept(n);
            }
            return new Comparison(elements, different, maxAbs, finite == 0 ? 0 : norm / Math.sqrt(finite));
        }

        private void subtract(long[] left, long[] right, double[] differences, int n) {
            boolean unsigned = a.dtype() == ScalarType.U64;
            for (int i = 0; i < n; i++) {
                boolean less = unsigned ? Long.compareUnsigned(left[i], right[i]) < 0 : left[i] < right[i];
                long distance = less ? right[i] - left[i] : left[i] - right[i];
                // The distance of two longs is an unsigned number.
                differences[i] = distance >= 0 ? distance : (distance >>> 1) * 2.0;
            }
        }

        /// NaN stands for a difference that is no number.
        private static void subtract(double[] values, double[] others, int n) {
            for (int i = 0; i < n; i++) {
                boolean equal = values[i] == others[i] || Double.isNaN(values[i]) && Double.isNaN(others[i]);
                double distance = Math.abs(values[i] - others[i]);
                boolean number = Double.isFinite(values[i]) && Double.isFinite(others[i]);
                values[i] = equal ? 0 : number ? distance : Double.NaN;
            }
        }

        private void add(double[] differences, int n) {
            double largest = 0;
            for (int i = 0; i < n; i++) {
                largest = Math.max(largest, Double.isNaN(differences[i]) ? 0 : differences[i]);
            }
            double scale = largest == 0 ? 1 : Math.scalb(1.0, Math.getExponent(largest));
            double squares = 0;
            for (int i = 0; i < n; i++) {
                double difference = differences[i];
                if (Double.isNaN(difference)) {
                    different++;
                    continue;
                }
                different += difference > tolerance ? 1 : 0;
                squares += difference / scale * (difference / scale);
                finite++;
            }
            maxAbs = Math.max(maxAbs, largest);
            norm = Math.hypot(norm, scale * Math.sqrt(squares));
        }
    }
}
