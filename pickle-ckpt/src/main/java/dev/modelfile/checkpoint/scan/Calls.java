package dev.modelfile.checkpoint.scan;

import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
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
    static @Nullable String problem(InstanceNode call) {
        if (!(call.callable() instanceof PickleValue.Global global)) {
            return null;
        }
        PickleValue first = call.argument(0);
        String name = PythonTwo.map(global.module(), global.name()).toString();
        return switch (name) {
            case "torch._tensor._rebuild_from_type_v2" -> fromType(call);
            case "_codecs.encode" ->
                first instanceof PickleValue.Text
                                && call.argument(1) instanceof PickleValue.Text coding
                                && LATIN.contains(coding.value())
                        ? null
                        : "it encodes something else than text to Latin-1";
            case "builtins.bytearray", "builtins.bytes" -> sized(first);
            case "builtins.range" -> "a range costs nothing to name and everything to expand";
            case "copyreg._reconstructor" -> reconstructor(call);
            case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer" ->
                first instanceof PickleValue.Bytes || first instanceof PickleValue.Opaque ? null : "its buffer is none";
            default -> legacyTensor(global, first);
        };
    }

    private static @Nullable String sized(@Nullable PickleValue first) {
        return first instanceof PickleValue.Int || first instanceof PickleValue.BigInt
                ? "it allocates as many bytes as the file says"
                : null;
    }

    private static @Nullable String legacyTensor(PickleValue.Global global, @Nullable PickleValue first) {
        boolean legacy = global.module().startsWith("torch") && global.name().endsWith("Tensor");
        return legacy ? sized(first) : null;
    }

    /// `_rebuild_from_type_v2(function, type, arguments, state)` calls its first argument.
    private static @Nullable String fromType(InstanceNode call) {
        boolean safe = call.argument(0) instanceof PickleValue.Global function
                && function.module().startsWith("torch.")
                && function.name().startsWith("_rebuild_")
                && Names.of(function.module(), function.name()) == Names.Grade.SAFE;
        return safe ? null : "the function that it is told to call is not one that rebuilds tensors";
    }

    /// `_reconstructor(class, base, state)` calls `base.__new__` and, unless base is object, `base.__init__`.
    private static @Nullable String reconstructor(InstanceNode call) {
        boolean plain = call.argument(1) instanceof PickleValue.Global base
                && Names.of(base.module(), base.name()) == Names.Grade.SAFE;
        return plain ? null : "the base class is not a plain type";
    }

    /// The arguments in short, text first of all.
    static String shown(PickleValue arguments) {
        if (!(arguments instanceof SequenceNode tuple)) {
            return "(…)";
        }
        StringBuilder text = new StringBuilder("(");
        for (int i = 0; i < Math.min(SHOWN, tuple.size()); i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(
                            switch (tuple.get(i)) {
                                case PickleValue.Text value
                                when value.byteSize() < 100_000 -> "'" + Findings.shown(value.value()) + "'";
                                case PickleValue.Int value -> Long.toString(value.value());
                                case PickleValue.Global global -> Findings.shown(global.toString());
                                default -> "…";
                            });
        }
        return text.append(tuple.size() > SHOWN ? ", …)" : ")").toString();
    }
}
