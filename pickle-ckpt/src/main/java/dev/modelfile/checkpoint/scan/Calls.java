package dev.modelfile.checkpoint.scan;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.checkpoint.zip.Findings;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Checks the arguments of calls whose name is safe: some safe names can be made to call others, or to take memory.
final class Calls {
    private static final Set<String> LATIN = Set.of("latin1", "latin-1", "iso-8859-1");
    private static final Set<String> CHECKED = Set.of(
            "torch._tensor._rebuild_from_type_v2",
            "_codecs.encode",
            "builtins.bytearray",
            "builtins.bytes",
            "builtins.range",
            "copyreg._reconstructor",
            "numpy.core.numeric._frombuffer",
            "numpy._core.numeric._frombuffer");
    private static final int SHOWN = 4;

    private Calls() {}

    /// Whether calls of a safe name have to be looked at.
    static boolean isChecked(PickleValue.Global global) {
        String name = PythonTwo.map(global.module(), global.name()).toString();
        return CHECKED.contains(name) || (name.startsWith("torch") && name.endsWith("Tensor"));
    }

    /// What is wrong with a call of a safe name, or null.
    static @Nullable String problem(Trace trace, PickleValue.Global global, long arguments)
            throws ModelFormatException {
        long first = trace.item(arguments, 0);
        int kind = Trace.kind(first);
        String name = PythonTwo.map(global.module(), global.name()).toString();
        return switch (name) {
            case "torch._tensor._rebuild_from_type_v2" -> fromType(trace, first);
            case "_codecs.encode" ->
                isLatin(trace, arguments) ? null : "it encodes something else than text to Latin-1";
            case "builtins.bytearray", "builtins.bytes" -> sized(kind);
            case "builtins.range" -> "a range costs nothing to name and everything to expand";
            case "copyreg._reconstructor" -> reconstructor(trace, trace.item(arguments, 1));
            case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer" ->
                kind == Trace.BYTES || kind == Trace.BUFFER || kind == Trace.ABSENT ? null : "its buffer is none";
            default -> {
                boolean legacy =
                        global.module().startsWith("torch") && global.name().endsWith("Tensor");
                yield legacy ? sized(kind) : null;
            }
        };
    }

    private static boolean isLatin(Trace trace, long arguments) throws ModelFormatException {
        long coding = trace.item(arguments, 1);
        return Trace.kind(trace.item(arguments, 0)) == Trace.TEXT
                && Trace.kind(coding) == Trace.TEXT
                && trace.byteSize(coding) < 20
                && LATIN.contains(trace.text(coding));
    }

    private static @Nullable String sized(int kind) {
        return kind == Trace.INT || kind == Trace.WIDE ? "it allocates as many bytes as the file says" : null;
    }

    /// `_rebuild_from_type_v2(function, type, arguments, state)` calls its first argument.
    private static @Nullable String fromType(Trace trace, long function) {
        boolean safe = Trace.kind(function) == Trace.GLOBAL && isRebuild(trace.name(Trace.global(function)));
        return safe ? null : "the function that it is told to call is not one that rebuilds tensors";
    }

    private static boolean isRebuild(PickleValue.Global function) {
        return function.module().startsWith("torch.")
                && function.name().startsWith("_rebuild_")
                && Names.of(function.module(), function.name()) == Names.Grade.SAFE;
    }

    /// `_reconstructor(class, base, state)` calls `base.__new__` and, unless base is object, `base.__init__`.
    private static @Nullable String reconstructor(Trace trace, long base) {
        boolean plain = Trace.kind(base) == Trace.GLOBAL
                && Names.of(
                                trace.name(Trace.global(base)).module(),
                                trace.name(Trace.global(base)).name())
                        == Names.Grade.SAFE;
        return plain ? null : "the base class is not a plain type";
    }

    /// The arguments in short, text first of all.
    static String shown(Trace trace, long arguments) throws ModelFormatException {
        if (Trace.kind(arguments) != Trace.TUPLE) {
            return "(…)";
        }
        int length = trace.length(arguments);
        StringBuilder text = new StringBuilder("(");
        for (int i = 0; i < Math.min(SHOWN, length); i++) {
            long item = trace.item(arguments, i);
            String shown = switch (Trace.kind(item)) {
                case Trace.TEXT -> trace.byteSize(item) < 100_000 ? "'" + Findings.shown(trace.text(item)) + "'" : "…";
                case Trace.INT -> Long.toString(Trace.number(item));
                case Trace.GLOBAL ->
                    Findings.shown(trace.name(Trace.global(item)).toString());
                default -> "…";
            };
            text.append(i == 0 ? "" : ", ").append(shown);
        }
        return text.append(length > SHOWN ? ", …)" : ")").toString();
    }
}
