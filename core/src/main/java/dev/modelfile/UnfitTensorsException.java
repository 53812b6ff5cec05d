package dev.modelfile;

import dev.modelfile.spi.Printable;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Some tensors are such that a format cannot hold them. Nothing has been written.
public final class UnfitTensorsException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;
    private static final int SHOWN = 10;

    private final transient ModelFormat format;
    private final transient List<Unfit> tensors;

    /// What a format cannot hold of a tensor.
    public enum Reason {
        /// Its type: give it another one.
        TYPE("give them another type"),
        /// Its number of dimensions: join some, see [Conversion#fit].
        RANK("let the conversion fit them, which joins dimensions"),
        /// Its name, mostly because it is too long: rename it, or see [Conversion#fit].
        NAME("rename them, or let the conversion fit them, which shortens names");

        private final String wayOut;

        Reason(String wayOut) {
            this.wayOut = wayOut;
        }
    }

    /// A tensor that cannot be held.
    ///
    /// @param name its name
    /// @param dtype its type
    /// @param shape its dimensions
    /// @param reason what cannot be held
    public record Unfit(String name, DType dtype, Shape shape, Reason reason) {
        private String shown() {
            return "\"" + Printable.of(name) + "\""
                    + switch (reason) {
                        case TYPE -> " (" + dtype.name() + " " + shape + ")";
                        case RANK -> " " + shape;
                        case NAME -> "";
                    };
        }
    }

    /// Throws one unless the list is empty.
    ///
    /// @param tensors in the order of the model
    public static void throwIfAny(ModelFormat format, List<Unfit> tensors) {
        if (!tensors.isEmpty()) {
            throw new UnfitTensorsException(format, tensors);
        }
    }

    private UnfitTensorsException(ModelFormat format, List<Unfit> tensors) {
        super(message(format, tensors, some -> some.get(0).reason().wayOut));
        this.format = format;
        this.tensors = List.copyOf(tensors);
    }

    /// All of them, in the order of the model.
    public List<Unfit> tensors() {
        return tensors;
    }

    /// What cannot hold them.
    public ModelFormat format() {
        return format;
    }

    /// The message with other advice, for programs that have options for it.
    ///
    /// @param advice what to do about tensors that have the same reason
    public String message(Function<List<Unfit>, String> advice) {
        return message(format, tensors, advice);
    }

    private static String message(ModelFormat format, List<Unfit> tensors, Function<List<Unfit>, String> advice) {
        return format.name() + " cannot hold "
                + List.of(Reason.values()).stream()
                        .map(reason -> tensors.stream()
                                .filter(t -> t.reason() == reason)
                                .toList())
                        .filter(some -> !some.isEmpty())
                        .map(some -> describe(some) + "; " + advice.apply(some))
                        .collect(Collectors.joining("; nor "));
    }

    private static String describe(List<Unfit> some) {
        Reason reason = some.get(0).reason();
        String shown = some.stream().limit(SHOWN).map(Unfit::shown).collect(Collectors.joining(", "));
        String what = switch (reason) {
            case TYPE -> "the type";
            case RANK -> "so many dimensions";
            case NAME -> "the name";
        };
        return what + " of " + some.size() + (some.size() == 1 ? " tensor: " : " tensors: ") + shown
                + (some.size() > SHOWN ? ", …" : "");
    }
}
