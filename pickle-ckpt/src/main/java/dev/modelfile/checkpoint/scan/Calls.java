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
    private static final Set<String> CHECKED = Set.of(("torch._tensor._rebuild_from_type_v2 _codecs.encode "
                    + "builtins.bytearray builtins.bytes builtins.range builtins.str builtins.int builtins.float "
                    + "builtins.complex fractions.Fraction copyreg._reconstructor numpy.dtype numpy.ndarray numpy.bytes_ "
                    + "numpy.core.numeric._frombuffer numpy._core.numeric._frombuffer "
                    + "numpy.core.multiarray.scalar numpy._core.multiarray.scalar "
                    + "torch.distributed.device_mesh.DeviceMesh torch._utils._rebuild_device_tensor_from_cpu_tensor "
                    + "torch._utils._rebuild_parameter_with_state "
                    + "collections.defaultdict "
                    + "numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct "
                    + "numpy.ma.core._mareconstruct numpy.ma.core.MaskedArray numpy.ma.MaskedArray "
                    + "numpy.random._pickle.__generator_ctor numpy.random._pickle.__randomstate_ctor "
                    + "numpy.random._pickle.__bit_generator_ctor numpy.random.bit_generator.__pyx_unpickle_SeedSequence "
                    + "torch.jit._pickle.restore_type_tag torch.jit._pickle.build_intlist "
                    + "torch.jit._pickle.build_doublelist torch.jit._pickle.build_boollist "
                    + "torch.jit._pickle.build_tensorlist torch.jit._pickle.build_tensor_from_id")
            .split(" "));
    /// What has to be written out to be as long as it gets.
    private static final Set<String> COLLECTIONS =
            Set.of(("builtins.list builtins.tuple builtins.set builtins.frozenset builtins.dict collections.deque "
                            + "collections.Counter collections.OrderedDict torch.Size")
                    .split(" "));

    /// What can be put into what a name makes.
    enum Filled {
        /// Neither items nor entries.
        NOTHING,
        /// Items one after the other.
        ITEMS,
        /// Keys with values.
        ENTRIES,
        /// What the second argument takes.
        AS_BASE
    }

    private static final int SHOWN = 4;
    private static final long LONGEST_RANGE = 1 << 24;
    private static final int LONGEST_NUMBER = 10_000;

    private Calls() {}

    /// Whether calls of a safe name have to be looked at.
    static boolean isChecked(PickleValue.Global global) {
        String name = PythonTwo.map(global.module(), global.name()).toString();
        return CHECKED.contains(name)
                || COLLECTIONS.contains(name)
                || name.equals("builtins.slice")
                || isAllocator(global)
                || isRandom(global)
                || isScalar(global);
    }

    /// Classes of NumPy's scalars, which ask an object for the memory that it says it has.
    private static boolean isScalar(PickleValue.Global global) {
        return global.module().equals("numpy")
                && !global.name().equals("dtype")
                && !global.name().equals("ndarray");
    }

    /// Classes of tensors and storages, which take memory for as many elements as they are told. Files have them
    /// without arguments.
    private static boolean isAllocator(PickleValue.Global global) {
        return global.module().startsWith("torch")
                && (global.name().endsWith("Tensor") || global.name().endsWith("Storage"));
    }

    /// Classes of generators of random numbers, which files have without arguments.
    private static boolean isRandom(PickleValue.Global global) {
        return global.module().startsWith("numpy.random.") && !global.name().startsWith("_");
    }

    /// Whether a call of `type` makes a class instead of asking for one.
    static boolean makesClass(Trace trace, PickleValue.Global global, long arguments) {
        return global.name().equals("type")
                && PythonTwo.map(global.module(), "type").module().equals("builtins")
                && (Trace.kind(arguments) != Trace.TUPLE || trace.length(arguments) != 1);
    }

    /// What can be put into what a name makes.
    static Filled filled(PickleValue.Global global) {
        return switch (PythonTwo.map(global.module(), global.name()).toString()) {
            case "builtins.list", "builtins.set", "collections.deque" -> Filled.ITEMS;
            case "builtins.dict", "collections.Counter", "collections.OrderedDict", "collections.defaultdict" ->
                Filled.ENTRIES;
            case "copyreg._reconstructor" -> Filled.AS_BASE;
            default -> Filled.NOTHING;
        };
    }

    /// Whether a name is one of NumPy's that can give back an array which has its elements.
    static boolean givesArray(PickleValue.Global global) {
        return global.module().startsWith("numpy")
                && Set.of("_frombuffer", "scalar").contains(global.name());
    }

    /// Whether a name makes arrays of NumPy, which get their elements as a state.
    static boolean makesArray(PickleValue.Global global) {
        return global.module().startsWith("numpy")
                && Set.of("_reconstruct", "_mareconstruct", "ndarray", "MaskedArray")
                        .contains(global.name());
    }

    /// Whether a call makes something that can be hashed of something whose parts are not known.
    static boolean unfolds(Trace trace, PickleValue.Global global, long arguments) {
        return global.name().equals("tuple") && Trace.kind(trace.item(arguments, 0)) == Trace.LIST;
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
            case "builtins.bytearray", "builtins.bytes", "numpy.bytes_" -> encoded(trace, arguments);
            case "builtins.range" ->
                isShortRange(trace, arguments) ? null : "a range costs nothing to name and everything to expand";
            case "builtins.str", "numpy.str_" ->
                kind != Trace.BYTES && isPlain(trace, first) && trace.length(arguments) == 1
                        ? null
                        : "a text that is not written out";
            case "builtins.int", "builtins.float", "builtins.complex" -> converted(trace, first);
            case "fractions.Fraction" ->
                isFraction(trace, arguments) ? null : "a fraction whose digits can take all memory";
            case "copyreg._reconstructor" -> reconstructor(trace, arguments);
            case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer" ->
                kind == Trace.BYTES || kind == Trace.BUFFER || kind == Trace.ABSENT ? null : "its buffer is none";
            case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct" ->
                isEmpty(trace, trace.item(arguments, 1)) ? null : "an array is made empty before it gets its elements";
            case "numpy.dtype" ->
                kind == Trace.TEXT || isUnknownClass(trace, first)
                        ? null
                        : "an element type that is made of something else";
            case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar" ->
                isContent(trace, trace.item(arguments, 1))
                        ? null
                        : "a scalar that is made of something else than bytes";
            case "numpy.ma.core._mareconstruct" -> masked(trace, arguments);
            case "numpy.random._pickle.__generator_ctor", "numpy.random._pickle.__randomstate_ctor" ->
                random(trace, arguments, true);
            case "numpy.random._pickle.__bit_generator_ctor",
                    "numpy.random.bit_generator.__pyx_unpickle_SeedSequence" -> random(trace, arguments, false);
            case "torch._utils._rebuild_device_tensor_from_cpu_tensor" ->
                isStored(trace, first) ? null : "it writes out what a tensor only repeats";
            case "torch._utils._rebuild_parameter_with_state" -> null;
            case "collections.defaultdict" -> expanded(trace, trace.item(arguments, 1));
            default -> other(trace, global, arguments);
        };
    }

    /// Whether a value is a class that could have an element type of its own. NumPy takes all others for objects.
    private static boolean isUnknownClass(Trace trace, long value) {
        if (Trace.kind(value) != Trace.GLOBAL) {
            return false;
        }
        PickleValue.Global global = trace.name(Trace.global(value));
        return Names.of(global.module(), global.name()) != Names.Grade.SAFE;
    }

    /// Whether a value is a tensor without more elements than its storage.
    private static boolean isStored(Trace trace, long tensor) {
        if (!trace.isCallOf(tensor, "torch._utils", "_rebuild_tensor_v2")) {
            return false;
        }
        long storage = trace.item(trace.arguments(tensor), 0);
        long elements = Trace.kind(storage) == Trace.REFERENCE ? trace.item(Trace.id(storage), 4) : 0;
        long count = count(trace, trace.item(trace.arguments(tensor), 2));
        return Trace.kind(elements) == Trace.INT && count >= 0 && count <= Trace.number(elements);
    }

    /// How many elements a shape has, -1 if that is not understood.
    static long count(Trace trace, long shape) {
        long count = Trace.kind(shape) == Trace.TUPLE ? 1 : -1;
        for (int i = 0; i < trace.length(shape) && count >= 0; i++) {
            long dim = trace.item(shape, i);
            boolean fits = Trace.kind(dim) == Trace.INT && Trace.number(dim) >= 0 && Trace.number(dim) < 1L << 31;
            count = fits && count < 1L << 31 ? count * Trace.number(dim) : -1;
        }
        return count;
    }

    /// `_mareconstruct(class, base, shape, type)` makes an empty array.
    private static @Nullable String masked(Trace trace, long arguments) {
        boolean plain = isNamed(trace, trace.item(arguments, 0), "numpy.ma", "MaskedArray")
                && isNamed(trace, trace.item(arguments, 1), "numpy", "ndarray")
                && isEmpty(trace, trace.item(arguments, 2))
                && isPlain(trace, trace.item(arguments, 3));
        return plain ? null : "a masked array that is not made as NumPy makes it";
    }

    /// The makers of NumPy's generators call the class that they are given, and the maker of it.
    private static @Nullable String random(Trace trace, long arguments, boolean maker) {
        long first = trace.item(arguments, 0);
        boolean named = switch (Trace.kind(first)) {
            case Trace.GLOBAL -> isNamed(trace, first, "numpy.random", "");
            case Trace.CALL -> maker && trace.isCallOf(first, "numpy.random._pickle", "__bit_generator_ctor");
            default -> Trace.kind(first) == Trace.TEXT;
        };
        boolean made = !maker
                || trace.length(arguments) < 2
                || isNamed(trace, trace.item(arguments, 1), "numpy.random._pickle", "__bit_generator_ctor");
        return named && made ? null : "a generator of random numbers that is made of something else";
    }

    /// Whether a value is a name in some module, or any name if none is given.
    private static boolean isNamed(Trace trace, long value, String module, String name) {
        if (Trace.kind(value) != Trace.GLOBAL) {
            return false;
        }
        PickleValue.Global global = trace.name(Trace.global(value));
        return (global.module() + ".").startsWith(module + ".")
                && (name.isEmpty() || global.name().equals(name));
    }

    private static @Nullable String other(Trace trace, PickleValue.Global global, long arguments) {
        int kind = Trace.kind(trace.item(arguments, 0));
        String name = PythonTwo.map(global.module(), global.name()).toString();
        if (COLLECTIONS.contains(name)) {
            return expanded(trace, trace.item(arguments, 0));
        }
        if (name.equals("builtins.slice")) {
            return null;
        }
        if (global.module().equals("torch.jit._pickle")) {
            boolean changed = kind == Trace.GLOBAL || kind == Trace.CALL || kind == Trace.REFERENCE;
            return changed ? "it gives back a name or an object as if it were another" : null;
        }
        if (isScalar(global)) {
            boolean plain = kind == Trace.ABSENT || isPlain(trace, trace.item(arguments, 0));
            return plain ? null : "a scalar that is made of an object";
        }
        boolean none = Trace.kind(arguments) == Trace.TUPLE && trace.length(arguments) == 0;
        return none ? null : "it takes memory or connects as the file says";
    }

    /// Whether a call of `numpy.dtype` is of a type that can have fields.
    static boolean isRecord(Trace trace, long arguments) throws ModelFormatException {
        long code = trace.item(arguments, 0);
        return Trace.kind(code) == Trace.GLOBAL
                || Trace.kind(code) == Trace.TEXT
                        && trace.byteSize(code) <= 12
                        && trace.text(code).startsWith("V");
    }

    private static boolean isShortRange(Trace trace, long arguments) {
        long[] bounds = new long[3];
        int length = trace.length(arguments);
        for (int i = 0; i < Math.min(bounds.length, length); i++) {
            if (Trace.kind(trace.item(arguments, i)) != Trace.INT) {
                return false;
            }
            bounds[i] = Trace.number(trace.item(arguments, i));
        }
        return length > 0 && length <= 3 && Math.abs(bounds[0]) < LONGEST_RANGE && Math.abs(bounds[1]) < LONGEST_RANGE;
    }

    /// Whether a value is a number or a text, or bytes in the spelling of protocol 2.
    private static boolean isPlain(Trace trace, long value) {
        return switch (Trace.kind(value)) {
            case Trace.PLAIN, Trace.INT, Trace.WIDE, Trace.TEXT, Trace.BYTES -> true;
            default -> trace.isCallOf(value, "_codecs", "encode");
        };
    }

    private static boolean isFraction(Trace trace, long arguments) throws ModelFormatException {
        for (int i = 0; i < trace.length(arguments); i++) {
            long item = trace.item(arguments, i);
            boolean digits = Trace.kind(item) == Trace.TEXT
                    && trace.byteSize(item) < LONGEST_NUMBER
                    && trace.text(item).matches("-?[0-9]+(/[0-9]+)?");
            if (!digits && Trace.kind(item) != Trace.INT && Trace.kind(item) != Trace.WIDE) {
                return false;
            }
        }
        return true;
    }

    /// Whether a shape is that of no elements, as NumPy writes it.
    private static boolean isEmpty(Trace trace, long shape) {
        return Trace.kind(shape) == Trace.TUPLE
                && trace.length(shape) == 1
                && Trace.kind(trace.item(shape, 0)) == Trace.INT
                && Trace.number(trace.item(shape, 0)) == 0;
    }

    private static boolean isLatin(Trace trace, long arguments) throws ModelFormatException {
        long coding = trace.item(arguments, 1);
        return Trace.kind(trace.item(arguments, 0)) == Trace.TEXT
                && Trace.kind(coding) == Trace.TEXT
                && trace.byteSize(coding) < 20
                && LATIN.contains(trace.text(coding));
    }

    /// Text becomes bytes by a coding that takes no time.
    private static @Nullable String encoded(Trace trace, long arguments) throws ModelFormatException {
        boolean text = Trace.kind(trace.item(arguments, 0)) == Trace.TEXT && trace.length(arguments) > 1;
        return text && !isLatin(trace, arguments)
                ? "it encodes something else than text to Latin-1"
                : sized(trace, trace.item(arguments, 0));
    }

    private static @Nullable String converted(Trace trace, long value) throws ModelFormatException {
        boolean digits = Trace.kind(value) != Trace.TEXT
                || trace.byteSize(value) < LONGEST_NUMBER && trace.text(value).length() < LONGEST_NUMBER;
        return digits && isPlain(trace, value) ? null : "it converts what can take forever to convert";
    }

    /// Whether a value is bytes, also in the spelling of protocol 2.
    private static boolean isContent(Trace trace, long value) {
        return switch (Trace.kind(value)) {
            case Trace.TEXT, Trace.BYTES -> true;
            default -> trace.isCallOf(value, "_codecs", "encode");
        };
    }

    private static @Nullable String sized(Trace trace, long content) {
        boolean written = switch (Trace.kind(content)) {
            case Trace.INT, Trace.WIDE, Trace.REFERENCE -> false;
            case Trace.CALL -> trace.isCallOf(content, "_codecs", "encode");
            default -> true;
        };
        return written ? null : "it allocates as many bytes as the file says";
    }

    /// Ranges and tensors have as many items as they say.
    private static @Nullable String expanded(Trace trace, long content) {
        boolean made = Trace.kind(content) == Trace.CALL && !isCollection(trace, content);
        return made ? "what another call makes takes memory as the file says when it is written out" : null;
    }

    private static boolean isCollection(Trace trace, long call) {
        if (Trace.kind(trace.callable(call)) != Trace.GLOBAL) {
            return false;
        }
        PickleValue.Global global = trace.name(Trace.global(trace.callable(call)));
        String name = PythonTwo.map(global.module(), global.name()).toString();
        return COLLECTIONS.contains(name) || name.equals("_codecs.encode");
    }

    /// `_rebuild_from_type_v2(function, type, arguments, state)` calls its first argument.
    private static @Nullable String fromType(Trace trace, long function) {
        boolean safe = Trace.kind(function) == Trace.GLOBAL && isRebuild(trace.name(Trace.global(function)));
        return safe ? null : "the function that it is told to call is not one that rebuilds tensors";
    }

    private static boolean isRebuild(PickleValue.Global function) {
        return function.module().startsWith("torch.")
                && function.name().startsWith("_rebuild_")
                && !function.name().equals("_rebuild_from_type_v2")
                && Names.of(function.module(), function.name()) == Names.Grade.SAFE;
    }

    /// `_reconstructor(class, base, state)` calls `base.__new__` and, unless base is object, `base.__init__`.
    private static @Nullable String reconstructor(Trace trace, long arguments) throws ModelFormatException {
        long base = trace.item(arguments, 1);
        if (Trace.kind(base) != Trace.GLOBAL) {
            return "the base class is not a plain type";
        }
        PickleValue.Global name = trace.name(Trace.global(base));
        boolean library = name.module().startsWith("numpy") || name.module().startsWith("torch");
        if (library || Names.of(name.module(), name.name()) != Names.Grade.SAFE) {
            return "the base class is not a plain type";
        }
        String mapped = PythonTwo.map(name.module(), name.name()).toString();
        long state = trace.item(arguments, 2);
        return switch (mapped) {
            case "builtins.bytearray", "builtins.bytes" -> sized(trace, state);
            case "builtins.str", "builtins.int", "builtins.float", "builtins.complex" -> converted(trace, state);
            default -> expanded(trace, state);
        };
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
