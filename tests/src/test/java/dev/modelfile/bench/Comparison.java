package dev.modelfile.bench;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/// Runs benchmarks marked [Row] and those [Beside] them whose peers are present, and shapes lines of a table.
final class Comparison {
    private static final List<Class<?>> BENCHES = List.of(
            StartBench.class,
            OpenBench.class,
            GgufOpenBench.class,
            OnnxOpenBench.class,
            CheckpointBench.class,
            ScanBench.class,
            ReadBench.class,
            CopyBench.class);

    private final Map<Peer, String> peers;
    private final boolean quick;

    Comparison(Map<Peer, String> peers, boolean quick) {
        this.peers = peers;
        this.quick = quick;
    }

    /// The lines of a table, with its head.
    List<String> of(Report.Table table) throws RunnerException {
        List<String> lines = new ArrayList<>();
        lines.add("| what | ours | peer | theirs | ratio |" + "\n|---|---|---|---|---|");
        for (Class<?> bench : BENCHES) {
            List<Method> ours = Arrays.stream(bench.getDeclaredMethods())
                    .filter(method -> method.isAnnotationPresent(Row.class)
                            && method.getAnnotation(Row.class).table() == table)
                    .sorted((a, b) -> a.getName().compareTo(b.getName()))
                    .toList();
            if (!ours.isEmpty()) {
                lines.addAll(new Lines(bench, ours).shape(run(bench, ours)));
            }
        }
        return lines;
    }

    private static List<Method> beside(Class<?> bench, Method ours) {
        return Arrays.stream(bench.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Beside.class)
                        && method.getAnnotation(Beside.class).value().equals(ours.getName()))
                .sorted((a, b) -> a.getAnnotation(Beside.class)
                        .peer()
                        .compareTo(b.getAnnotation(Beside.class).peer()))
                .toList();
    }

    private Collection<RunResult> run(Class<?> bench, List<Method> ours) throws RunnerException {
        List<Method> all = new ArrayList<>(ours);
        for (Method method : ours) {
            beside(bench, method).stream()
                    .filter(other ->
                            peers.containsKey(other.getAnnotation(Beside.class).peer()))
                    .forEach(all::add);
        }
        String names = all.stream().map(Method::getName).collect(Collectors.joining("|"));
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(Pattern.quote(bench.getName()) + "\\.(" + names + ")$")
                .shouldFailOnError(false);
        if (bench == ScanBench.class) {
            options.param("pickle", "archive");
        }
        if (quick) {
            boolean single = bench.getAnnotation(BenchmarkMode.class).value()[0] == Mode.SingleShotTime;
            options.warmupIterations(1).measurementIterations(3);
            if (!single) {
                options.warmupTime(TimeValue.seconds(1)).measurementTime(TimeValue.milliseconds(200));
            }
        }
        return new Runner(options.build()).run();
    }

    /// Shapes the lines of one class of benchmarks.
    private record Lines(Class<?> bench, List<Method> ours) {
        List<String> shape(Collection<RunResult> results) {
            Map<String, BenchmarkParams> variants = new LinkedHashMap<>();
            Map<String, Double> times = new LinkedHashMap<>();
            for (RunResult result : results) {
                BenchmarkParams params = result.getParams();
                variants.put(values(params), params);
                times.put(key(params.getBenchmark(), values(params)), nanoseconds(result));
            }
            List<String> lines = new ArrayList<>();
            for (BenchmarkParams variant : variants.values()) {
                for (Method method : ours) {
                    lines.addAll(line(method, variant, times));
                }
            }
            return lines;
        }

        private List<String> line(Method method, BenchmarkParams variant, Map<String, Double> times) {
            String what = method.getAnnotation(Row.class).value();
            for (String name : variant.getParamsKeys()) {
                what = what.replace("{" + name + "}", variant.getParam(name));
            }
            Double mine = time(method, variant, times);
            List<String> lines = new ArrayList<>();
            for (Method peer : beside(bench, method)) {
                Beside beside = peer.getAnnotation(Beside.class);
                Double theirs = time(peer, variant, times);
                lines.add("| %s | %s | %s: %s | %s | %s |"
                        .formatted(
                                what,
                                shown(mine),
                                beside.peer().shown,
                                beside.by(),
                                shown(theirs),
                                mine == null || theirs == null ? "" : ratio(theirs / mine)));
            }
            return lines;
        }

        private @Nullable Double time(Method method, BenchmarkParams variant, Map<String, Double> times) {
            return times.get(key(bench.getName() + "." + method.getName(), values(variant)));
        }

        private String shown(@Nullable Double nanoseconds) {
            if (nanoseconds == null) {
                return "not measured";
            }
            String[] units = {"ns", "µs", "ms", "s"};
            int unit = 0;
            double value = nanoseconds;
            while (value >= 1000 && unit < units.length - 1) {
                value /= 1000;
                unit++;
            }
            return String.format(Locale.ROOT, value < 10 ? "%.2f %s" : "%.0f %s", value, units[unit]);
        }
    }

    static String ratio(double ratio) {
        return String.format(Locale.ROOT, ratio < 10 ? "%.2f" : "%.0f", ratio);
    }

    private static String key(String benchmark, String values) {
        return benchmark + " " + values;
    }

    private static String values(BenchmarkParams params) {
        return params.getParamsKeys().stream().map(params::getParam).collect(Collectors.joining(" "));
    }

    /// The median over the iterations, for one operation.
    private static double nanoseconds(RunResult result) {
        double score = result.getPrimaryResult().getStatistics().getPercentile(50);
        long unit = result.getParams().getTimeUnit().toNanos(1);
        return result.getParams().getMode() == Mode.Throughput ? unit / score : unit * score;
    }
}
