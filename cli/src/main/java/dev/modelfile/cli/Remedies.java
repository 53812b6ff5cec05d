package dev.modelfile.cli;

import dev.modelfile.BlockType;
import dev.modelfile.DType;
import dev.modelfile.ModelFormat;
import dev.modelfile.ScalarType;
import dev.modelfile.UnfitTensorsException;
import dev.modelfile.UnfitTensorsException.Unfit;
import dev.modelfile.cli.terminal.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Says which options of `convert` help with tensors that a format cannot hold, with the names and types at hand, so
/// that they can be pasted behind the command.
final class Remedies {
    private static final int LONG = 100;

    private Remedies() {}

    static String message(UnfitTensorsException problem) {
        return problem.message(some -> advice(some, problem.format()));
    }

    private static String advice(List<Unfit> some, ModelFormat format) {
        return switch (some.get(0).reason()) {
            case RANK -> "convert with --fit, which joins dimensions, or " + exclude(some);
            case NAME ->
                "convert with --fit, which shortens names, with --rename " + shorter(some.get(0)) + ", or "
                        + exclude(some);
            case TYPE -> types(some, format);
        };
    }

    private static String exclude(List<Unfit> some) {
        String name = some.get(0).name();
        return "--exclude " + (name.length() > LONG ? "RE" : quoted("^" + regex(name) + "$"))
                + (some.size() > 1 ? " …" : "");
    }

    private static String shorter(Unfit tensor) {
        if (tensor.name().isEmpty()) {
            return "'s/^$/NAME/'";
        }
        int dot = tensor.name().indexOf('.');
        return dot > 0 && dot < LONG
                ? quoted("s/^" + regex(tensor.name().substring(0, dot + 1)) + "//")
                : "'s/RE/SHORTER/'";
    }

    private static String types(List<Unfit> some, ModelFormat format) {
        List<Unfit> hopeless = some.stream()
                .filter(tensor -> other(tensor.dtype(), format).isEmpty())
                .toList();
        String rules = String.join(" ", rules(some, format));
        if (hopeless.isEmpty()) {
            return "convert with " + rules + ", or " + exclude(some);
        }
        return "convert with " + (rules.isEmpty() ? "" : rules + " and ") + exclude(hopeless);
    }

    /// A rule for each type that does not fit; for each tensor where the type fits, but not with its shape.
    private static List<String> rules(List<Unfit> some, ModelFormat format) {
        Map<String, String> rules = new TreeMap<>();
        List<String> before = new ArrayList<>();
        for (Unfit tensor : some) {
            Optional<ScalarType> other = other(tensor.dtype(), format);
            if (other.isEmpty()) {
                continue;
            }
            if (format.canStore(tensor.dtype())) {
                before.add("--type " + quoted(regex(tensor.name()) + "=" + other.get()));
            } else {
                String type = tensor.dtype().name();
                rules.put(type, "--type " + quoted(type + "=" + other.get()));
            }
        }
        if (before.size() > 1) {
            before = List.of(before.get(0), "…");
        }
        return Stream.concat(before.stream(), rules.values().stream()).toList();
    }

    /// A type of the same kind that the format has: for floats of about the same precision, for integers the narrowest
    /// that holds every value, or else the widest.
    private static Optional<ScalarType> other(DType type, ModelFormat format) {
        if (type instanceof BlockType) {
            return Stream.of(ScalarType.F16, ScalarType.F32)
                    .filter(format::canStore)
                    .findFirst();
        }
        if (!(type instanceof ScalarType scalar)) {
            return Optional.empty();
        }
        return (switch (scalar) {
                    case F64 -> Stream.of(ScalarType.F32);
                    case BOOL, U2, U4 -> Stream.of(ScalarType.U8, ScalarType.I8);
                    case I2, I4 -> Stream.of(ScalarType.I8);
                    case U8 -> Stream.of(ScalarType.I16, ScalarType.I32);
                    case U16 -> Stream.of(ScalarType.I32);
                    case I8, I16, I32, I64, U32, U64 -> Stream.of(ScalarType.I64, ScalarType.I32);
                    case C64, C128 -> Stream.<ScalarType>empty();
                    default -> Stream.of(ScalarType.BF16, ScalarType.F32);
                })
                .filter(format::canStore)
                .findFirst();
    }

    /// A name as an expression that only it matches.
    private static String regex(String name) {
        return Printable.of(name.replaceAll("[\\\\.\\[\\](){}*+?^$|]", "\\\\$0"));
    }

    /// A word for a shell.
    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
