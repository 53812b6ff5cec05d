package dev.modelfile.checkpoint.scan;

import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.Trace;
import java.util.Set;

/// Names of attributes that change what an object is or does. A state can give them to an object of any class that
/// keeps its attributes in a dictionary.
final class Attributes {
    /// Python's own, also those that are asked for on instances: by pickle, NumPy and PyTorch.
    private static final Set<String> SPECIAL =
            Set.of(("__class__ __dict__ __slots__ __setstate__ __getstate__ __reduce__ "
                            + "__reduce_ex__ __getattr__ __getattribute__ __setattr__ __delattr__ __del__ __init__ __new__ "
                            + "__call__ __get__ __set__ __iter__ __next__ __getitem__ __setitem__ __missing__ __enter__ "
                            + "__exit__ __hash__ __eq__ __index__ __fspath__ __buffer__ __array__ __array_interface__ "
                            + "__array_struct__ __array_finalize__ __array_wrap__ __array_prepare__ __array_ufunc__ "
                            + "__array_function__ __array_namespace__ __torch_function__ __torch_dispatch__ "
                            + "__cuda_array_interface__ __dlpack__ __dlpack_device__ __tensor_flatten__ __tensor_unflatten__ "
                            + "__code__ __globals__ __closure__ __defaults__ __func__ __self__ __wrapped__ __bases__ __mro__ "
                            + "__subclasses__ __builtins__ __import__ __loader__ __spec__")
                    .split(" "));

    private static final Set<String> DICTIONARIES =
            Set.of("builtins.dict collections.OrderedDict collections.defaultdict collections.Counter".split(" "));

    private Attributes() {}

    /// Whether a text is the name of such an attribute.
    static boolean isSpecial(String text) {
        return SPECIAL.contains(text);
    }

    /// Whether a call makes a text of bytes, which could be any name.
    static boolean isComputed(Trace trace, long call) {
        return trace.isCallOf(call, "numpy.core.multiarray", "scalar")
                || trace.isCallOf(call, "numpy._core.multiarray", "scalar");
    }

    /// Whether a state, or a part of it, is a dictionary that a call makes.
    static boolean isMade(Trace trace, long state) {
        return isDictionary(trace, state)
                || isDictionary(trace, trace.item(state, 0))
                || isDictionary(trace, trace.item(state, 1));
    }

    private static boolean isDictionary(Trace trace, long value) {
        if (Trace.kind(value) != Trace.CALL || Trace.kind(trace.callable(value)) != Trace.GLOBAL) {
            return false;
        }
        PickleValue.Global global = trace.name(Trace.global(trace.callable(value)));
        return DICTIONARIES.contains(
                PythonTwo.map(global.module(), global.name()).toString());
    }
}
