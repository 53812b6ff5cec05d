package dev.modelfile.cli.values;

import dev.modelfile.ScalarType;
import dev.modelfile.Tensor;
import dev.modelfile.cli.json.Json;
import java.io.IOException;

/// Values and what is computed from them as JSON.
public final class JsonValues {
    private JsonValues() {}

    /// The key `stats`. The extremes are those of the decoded doubles.
    public static void statistics(Json json, Statistics statistics) {
        json.object("stats")
                .put("count", statistics.count())
                .put("min", statistics.min())
                .put("max", statistics.max())
                .put("mean", statistics.mean())
                .put("std", statistics.std())
                .put("absmax", statistics.absMax())
                .put("l2", statistics.l2())
                .put("zeros", statistics.zeros())
                .put("nan", statistics.nans())
                .put("inf", statistics.infinities())
                .end();
    }

    /// The key `histogram`.
    public static void histogram(Json json, Histogram histogram) {
        json.object("histogram").put("min", histogram.min()).put("max", histogram.max());
        json.array("counts");
        for (long count : histogram.counts()) {
            json.add(count);
        }
        json.end().end();
    }

    /// The key `values`: all elements in a flat array, row-major; complex numbers as text such as `1.0+2.0j`.
    ///
    /// @throws IOException if they cannot be had
    public static void values(Json json, Tensor tensor) throws IOException {
        json.array("values");
        long elements = tensor.shape().elements();
        for (long first = 0; first < elements; first += Elements.CHUNK) {
            int n = (int) Math.min(Elements.CHUNK, elements - first);
            if (Elements.areIntegers(tensor.dtype())) {
                integers(json, tensor, first, n);
            } else if (Elements.areNumbers(tensor.dtype())) {
                floats(json, tensor, first, n);
            } else {
                for (String text : Numbers.read(tensor, first, n)) {
                    json.add(text);
                }
            }
        }
        json.end();
    }

    private static void integers(Json json, Tensor tensor, long first, int n) throws IOException {
        long[] chunk = new long[n];
        tensor.readInto(first, chunk, 0, n);
        for (long value : chunk) {
            if (tensor.dtype() == ScalarType.BOOL) {
                json.add(value != 0);
            } else if (tensor.dtype() == ScalarType.U64) {
                json.addUnsigned(value);
            } else {
                json.add(value);
            }
        }
    }

    private static void floats(Json json, Tensor tensor, long first, int n) throws IOException {
        if (tensor.dtype() == ScalarType.F64) {
            double[] chunk = new double[n];
            tensor.readInto(first, chunk, 0, n);
            for (double value : chunk) {
                json.add(value);
            }
            return;
        }
        float[] chunk = new float[n];
        tensor.readInto(first, chunk, 0, n);
        for (float value : chunk) {
            json.add(value);
        }
    }
}
