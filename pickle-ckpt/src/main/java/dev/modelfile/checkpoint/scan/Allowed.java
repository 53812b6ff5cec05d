package dev.modelfile.checkpoint.scan;

import java.util.HashSet;
import java.util.Set;

/// The names that `torch.load(weights_only=True)` of PyTorch 2.13 allows: those present after `import torch`, and those
/// that its own parts register.
public final class Allowed {
    private static final Set<String> NAMES = names();

    private static final String DTYPES = "bfloat16 bits16 bits1x8 bits2x4 bits4x2 bits8 bool complex128 complex32 "
            + "complex64 float16 float32 float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 "
            + "float8_e5m2fnuz float8_e8m0fnu int1 int16 int2 int3 int32 int4 int5 int6 int64 int7 int8 qint32 qint8 "
            + "quint2x4 quint4x2 quint8 uint1 uint16 uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8";
    private static final String SCHEMES = "per_channel_affine per_channel_affine_float_qparams per_channel_symmetric "
            + "per_tensor_affine per_tensor_symmetric";
    private static final String REBUILD = "device_tensor_from_cpu_tensor device_tensor_from_numpy "
            + "meta_tensor_no_storage nested_tensor parameter parameter_with_state qtensor sparse_tensor tensor "
            + "tensor_v2 tensor_v3 wrapper_subclass";
    private static final String STORAGES =
            "BFloat16 Bool Byte Char ComplexDouble ComplexFloat Double Float Half Int " + "Long Short";
    private static final String QUANTISED = "QInt32 QInt8 QUInt2x4 QUInt4x2 QUInt8";
    private static final String TENSORS = "BFloat16 Byte Char Double Float Half Int Long Short";
    private static final String OTHERS = "_codecs.encode builtins.bytearray builtins.complex builtins.set "
            + "collections.Counter collections.OrderedDict torch.Size torch.Tensor torch.device "
            + "torch._tensor._rebuild_from_type_v2 torch.nn.parameter.Parameter torch.serialization._get_layout "
            + "torch.storage.TypedStorage torch.storage.UntypedStorage "
            + "torch.distributed._mesh_layout._FlatLayout torch.distributed._mesh_layout._MeshLayout "
            + "torch.nested._internal.nested_tensor.NestedTensor torch.nested._internal.nested_tensor._rebuild_njt";

    private Allowed() {}

    private static Set<String> names() {
        Set<String> names = new HashSet<>(Set.of(OTHERS.split(" ")));
        all(names, "torch.", DTYPES, "");
        all(names, "torch.", SCHEMES, "");
        all(names, "torch._utils._rebuild_", REBUILD, "");
        all(names, "torch.", QUANTISED, "Storage");
        for (String device : new String[] {"torch.", "torch.cuda."}) {
            all(names, device, STORAGES, "Storage");
            all(names, device, TENSORS + " Bool", "Tensor");
            all(names, device + "sparse.", TENSORS, "Tensor");
        }
        return Set.copyOf(names);
    }

    private static void all(Set<String> names, String prefix, String words, String suffix) {
        for (String word : words.split(" ")) {
            names.add(prefix + word + suffix);
        }
    }

    /// Whether PyTorch allows a joined name; the module's Python 2 spelling has to be mapped before.
    public static boolean byTorch(String name) {
        return NAMES.contains(name);
    }

    /// All of them.
    static Set<String> all() {
        return NAMES;
    }
}
