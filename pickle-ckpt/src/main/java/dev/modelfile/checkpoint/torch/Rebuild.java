package dev.modelfile.checkpoint.torch;

import dev.modelfile.MalformedModelException;
import dev.modelfile.ModelFormatException;
import dev.modelfile.Shape;
import dev.modelfile.Value;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.DictNode;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.SequenceNode;
import dev.modelfile.io.Region;
import dev.modelfile.spi.TensorData;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The closed table of functions that make tensors, read as descriptions: `torch._utils` and `torch._tensor` of
/// PyTorch 2.13, and the forms of older versions. Nothing else is a tensor.
public final class Rebuild {
    private static final String UTILS = "torch._utils";
    private static final int HEAP_PER_TENSOR = 320;
    /// Rebuild functions inside each other: a parameter of a subclass of a tensor.
    private static final int MAX_NESTING = 6;

    private final StorageTable storages;
    private final Region place;
    private final Map<PickleValue, Rebuilt> known = new IdentityHashMap<>();

    private final Map<String, Rebuilt> external = new HashMap<>();

    /// Rebuilds from some storages.
    public Rebuild(StorageTable storages) {
        this.storages = storages;
        this.place = storages.place();
    }

    /// Makes a tensor of part of a storage.
    ///
    /// @param type of its elements
    /// @param offset of the first element
    /// @param size the dimensions
    /// @param stride for each dimension the distance between neighbours, in elements
    /// @throws ModelFormatException if it does not fit the storage
    public Rebuilt view(StorageTable.Storage storage, TorchType type, long offset, long[] size, long[] stride)
            throws ModelFormatException {
        storages.heap(HEAP_PER_TENSOR);
        TensorData data = Views.of(storage, type, new Views.View(offset, size, stride), place, -1);
        return Rebuilt.of(type.dtype(), Shape.of(paired(type, size)), ordered(data, type));
    }

    /// Takes what the object graph refers to by an id.
    ///
    /// @param id what the graph says; a number as text
    public void define(String id, Rebuilt made) {
        external.put(id, made);
    }

    /// The dimensions in elements; PyTorch counts pairs of the smallest type.
    private long[] paired(TorchType type, long[] size) throws MalformedModelException {
        if (!type.isPair()) {
            return size;
        }
        long[] dims = size.length == 0 ? new long[] {1} : size.clone();
        long last = dims[dims.length - 1];
        if (last > Long.MAX_VALUE / 2) {
            throw place.malformed("checkpoint.view", "", -1, "a dimension of " + last + " pairs");
        }
        dims[dims.length - 1] = 2 * last;
        return dims;
    }

    /// What a value gives, or null if it is no tensor.
    ///
    /// @throws ModelFormatException if it is one, and broken
    public @Nullable Rebuilt find(PickleValue value) throws ModelFormatException {
        return find(value, 0);
    }

    private @Nullable Rebuilt find(PickleValue value, int nesting) throws ModelFormatException {
        if (value instanceof PickleValue.PersistentId reference) {
            String id = external.isEmpty() ? null : StorageTable.key(reference.id());
            return id == null ? bareStorage(value) : external.get(id);
        }
        if (!(value instanceof InstanceNode instance) || !(instance.callable() instanceof PickleValue.Global what)) {
            return null;
        }
        if (nesting > MAX_NESTING) {
            throw place.malformed("checkpoint.rebuild", "", -1, "tensors inside tensors, more than " + MAX_NESTING);
        }
        Rebuilt earlier = known.get(value);
        if (earlier != null) {
            return earlier;
        }
        Rebuilt rebuilt = null;
        if (instance.arguments() instanceof SequenceNode arguments) {
            rebuilt = call(what, new Parameters(arguments, what, instance.offset(), place), nesting);
        }
        if (rebuilt == null) {
            rebuilt = old(what, instance, nesting);
        }
        if (rebuilt != null) {
            storages.heap((long) HEAP_PER_TENSOR * (1 + rebuilt.parts().size()));
            instance.states().forEach(rebuilt::attribute);
            known.put(value, rebuilt);
        }
        return rebuilt;
    }

    private @Nullable Rebuilt bareStorage(PickleValue value) throws ModelFormatException {
        StorageTable.Storage storage = storages.find(value);
        if (storage == null) {
            return null;
        }
        TorchType type = storage.type();
        Shape shape = Shape.of(storage.data().byteSize() / type.unit() * type.packed());
        storage.viewed(storage.data().byteSize());
        return Rebuilt.of(type.dtype(), shape, ordered(storage.data(), type))
                .note("storage", Leaves.text(type.storage()));
    }

    private @Nullable Rebuilt call(PickleValue.Global what, Parameters p, int nesting) throws ModelFormatException {
        if (nesting > MAX_NESTING) {
            throw p.malformed("tensors inside tensors, more than " + MAX_NESTING);
        }
        if (what.module().equals("torch._tensor") && what.name().startsWith("_rebuild_from_type")) {
            return fromType(p, nesting);
        }
        if (what.module().equals("torch.nested._internal.nested_tensor")
                && what.name().equals("_rebuild_njt")) {
            return Rebuilt.noted("", new Value.Opaque("jagged tensor", "jagged tensor"))
                    .attribute(p.at(0));
        }
        if (!what.module().equals(UTILS)) {
            return null;
        }
        return switch (what.name()) {
            case "_rebuild_tensor" -> tensor(p, 0, 0, null);
            case "_rebuild_tensor_v2" -> tensor(p, 4, 6, null);
            case "_rebuild_tensor_v3" -> tensor(p, 4, 7, p.type(6));
            case "_rebuild_parameter" -> inner(p, nesting, "parameter");
            case "_rebuild_parameter_with_state" ->
                inner(p, nesting, "parameter").attribute(p.at(3));
            case "_rebuild_qtensor" -> quantised(p, nesting);
            case "_rebuild_sparse_tensor" -> sparse(p, nesting);
            case "_rebuild_nested_tensor" -> nested(p, nesting);
            case "_rebuild_meta_tensor_no_storage" -> described("meta tensor", p.type(0), p.longs(1));
            case "_rebuild_wrapper_subclass" -> described(String.valueOf(p.at(0)), p.type(1), p.longs(2));
            case "_rebuild_device_tensor_from_numpy", "_rebuild_device_tensor_from_cpu_tensor", "_rebuild_xla_tensor" ->
                inner(p, nesting, "device tensor");
            default -> null;
        };
    }

    private static Rebuilt described(String what, TorchType type, long[] size) {
        String text = what + " " + type.name() + " "
                + java.util.Arrays.toString(java.util.Arrays.copyOf(size, Math.min(16, size.length)));
        return Rebuilt.noted("", new Value.Opaque("tensor without data", text));
    }

    /// A dense tensor.
    ///
    /// @param requires position of `requires_grad`, 0 for none
    /// @param metadata position of the dictionary with the lazy sign bits, 0 for none
    private Rebuilt tensor(Parameters p, int requires, int metadata, @Nullable TorchType given)
            throws ModelFormatException {
        StorageTable.Storage storage = storages.find(p.at(0));
        if (storage == null) {
            throw p.malformed("its first argument is no storage");
        }
        TorchType type = given == null ? storage.type() : given;
        if (given != null && !storage.type().equals(TorchType.BYTES)) {
            throw p.malformed("a type for a storage that has one");
        }
        Views.View view = new Views.View(p.number(1), p.longs(2), p.longs(3));
        if (view.size().length > storages.budget().limits().maxRank()) {
            throw place.limit(
                    "maxRank",
                    "",
                    -1,
                    view.size().length + " dimensions vs "
                            + storages.budget().limits().maxRank());
        }
        TensorData data = Views.of(storage, type, view, place, p.offset());
        data = ordered(data, type);
        DictNode signs = metadata > 0 && p.optional(metadata) instanceof DictNode dict ? dict : null;
        if (signs != null) {
            data = signed(data, type, signs, p);
        }
        boolean grad = requires > 0 && p.optional(requires) instanceof PickleValue.Bool flag && flag.value();
        Rebuilt rebuilt = Rebuilt.of(type.dtype(), Shape.of(paired(type, view.size())), data);
        return grad ? rebuilt.note("requires_grad", Value.of(true)) : rebuilt;
    }

    private TensorData ordered(TensorData data, TorchType type) {
        return storages.isBigEndian() ? UnitsData.swapped(data, type.unit(), type.swap()) : data;
    }

    private static TensorData signed(TensorData data, TorchType type, DictNode signs, Parameters p)
            throws MalformedModelException {
        boolean conjugate = signs.find("conj") instanceof PickleValue.Bool flag && flag.value();
        boolean negate = signs.find("neg") instanceof PickleValue.Bool flag && flag.value();
        if (!conjugate && !negate) {
            return data;
        }
        boolean complex = type.name().startsWith("complex");
        boolean real = type.name().startsWith("float") || type.name().startsWith("bfloat");
        if (!complex && (conjugate || !real)) {
            throw p.malformed("a lazy sign on " + type.name());
        }
        return UnitsData.signs(data, type.unit(), complex ? type.unit() / 2 : type.unit(), conjugate, negate);
    }

    private Rebuilt required(PickleValue value, Parameters p, int nesting) throws ModelFormatException {
        Rebuilt rebuilt = find(value, nesting + 1);
        if (rebuilt == null) {
            rebuilt = NumpyArrays.find(value, storages);
        }
        if (rebuilt == null) {
            throw p.malformed("an argument that is no tensor");
        }
        return rebuilt;
    }

    private Rebuilt inner(Parameters p, int nesting, String kind) throws ModelFormatException {
        Rebuilt inner = new Rebuilt().take("", required(p.at(0), p, nesting));
        boolean frozen = p.optional(1) instanceof PickleValue.Bool flag && !flag.value();
        return kind.equals("parameter") && frozen ? inner.note("requires_grad", Value.of(false)) : inner;
    }

    private Rebuilt fromType(Parameters p, int nesting) throws ModelFormatException {
        if (!(p.at(0) instanceof PickleValue.Global function) || !(p.at(2) instanceof SequenceNode given)) {
            throw p.malformed("a tensor of a subclass whose parts are not understood");
        }
        Rebuilt inner = call(function, new Parameters(given, function, p.offset(), place), nesting + 1);
        PickleValue state = p.optional(3);
        Rebuilt whole = new Rebuilt();
        if (inner != null) {
            whole.take("", inner);
        } else {
            whole.note("", new Value.Opaque(function.toString(), "made by " + function));
        }
        if (p.at(1) instanceof PickleValue.Global type && !type.toString().equals("torch.Tensor")) {
            whole.note("class", Leaves.text(type.toString()));
        }
        // A jagged tensor has its attributes twice, as the argument of its function and as its state.
        boolean known = state == null
                || state instanceof PickleValue.None
                || function.name().equals("_rebuild_njt");
        return known ? whole : whole.attribute(Objects.requireNonNull(state));
    }

    private Rebuilt quantised(Parameters p, int nesting) throws ModelFormatException {
        Rebuilt rebuilt = tensor(p, 5, 0, null);
        if (!(p.at(4) instanceof SequenceNode scheme) || scheme.size() < 3) {
            throw p.malformed("quantisation parameters that are not understood");
        }
        rebuilt.note("q_scheme", Leaves.text(String.valueOf(scheme.get(0))));
        if (scheme.get(1) instanceof PickleValue.Real scale) {
            rebuilt.note("q_scale", Value.of(scale.value()));
            return scheme.get(2) instanceof PickleValue.Int zero
                    ? rebuilt.note("q_zero_point", Value.of(zero.value()))
                    : rebuilt;
        }
        rebuilt.take("q_scales", required(scheme.get(1), p, nesting));
        rebuilt.take("q_zero_points", required(scheme.get(2), p, nesting));
        return scheme.size() > 3 && scheme.get(3) instanceof PickleValue.Int axis
                ? rebuilt.note("q_axis", Value.of(axis.value()))
                : rebuilt;
    }

    private Rebuilt sparse(Parameters p, int nesting) throws ModelFormatException {
        String layout = Leaves.layout(p.at(0));
        if (layout == null || !(p.at(1) instanceof SequenceNode data) || data.size() < 3) {
            throw p.malformed("a sparse tensor whose layout is not understood");
        }
        Rebuilt whole = new Rebuilt().note("layout", Leaves.text(layout));
        boolean coo = layout.equals("torch.sparse_coo");
        boolean rows = layout.equals("torch.sparse_csr") || layout.equals("torch.sparse_bsr");
        List<String> names = coo
                ? List.of("indices", "values")
                : rows
                        ? List.of("crow_indices", "col_indices", "values")
                        : List.of("ccol_indices", "row_indices", "values");
        if (data.size() <= names.size()) {
            throw p.malformed("a sparse tensor with " + data.size() + " parts");
        }
        for (int i = 0; i < names.size(); i++) {
            whole.take(names.get(i), required(data.get(i), p, nesting));
        }
        whole.note("size", Leaves.longs(p.longsOf(data.get(names.size()))));
        return coo && data.size() > 3 && data.get(3) instanceof PickleValue.Bool coalesced
                ? whole.note("is_coalesced", Value.of(coalesced.value()))
                : whole;
    }

    private Rebuilt nested(Parameters p, int nesting) throws ModelFormatException {
        return new Rebuilt()
                .note("layout", Value.of("nested"))
                .take("buffer", required(p.at(0), p, nesting))
                .take("sizes", required(p.at(1), p, nesting))
                .take("strides", required(p.at(2), p, nesting))
                .take("offsets", required(p.at(3), p, nesting));
    }

    /// Tensors and parameters of PyTorch before 0.4: a class, then a state (storage, offset, size, stride).
    private @Nullable Rebuilt old(PickleValue.Global what, InstanceNode instance, int nesting)
            throws ModelFormatException {
        if (instance.states().isEmpty() || !(instance.states().get(0) instanceof SequenceNode state)) {
            return null;
        }
        boolean tensor = what.module().equals("torch") || what.module().equals("torch.cuda");
        if (tensor && what.name().endsWith("Tensor") && state.size() >= 4 && storages.find(state.get(0)) != null) {
            return tensor(new Parameters(state, what, instance.offset(), place), 0, 0, null);
        }
        boolean parameter =
                what.module().equals("torch.nn.parameter") && what.name().equals("Parameter");
        return parameter && state.size() > 0 ? find(state.get(0), nesting + 1) : null;
    }
}
