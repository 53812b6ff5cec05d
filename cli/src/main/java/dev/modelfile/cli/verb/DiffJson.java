package dev.modelfile.cli.verb;

import dev.modelfile.Shape;
import dev.modelfile.Tensor;
import dev.modelfile.Value;
import dev.modelfile.cli.json.Json;
import dev.modelfile.cli.json.ModelJson;
import dev.modelfile.cli.values.Comparison;
import org.jspecify.annotations.Nullable;

/// Differences as JSON: the arrays `metadata` and `tensors`, then `same` and `equal`.
final class DiffJson implements DiffReport {
    private final Json json;
    private long same;
    private boolean differs;

    DiffJson(Json json) {
        this.json = json;
    }

    @Override
    public void metadata() {
        json.array("metadata");
    }

    @Override
    public void tensors() {
        json.end().array("tensors");
    }

    @Override
    public void metadata(String key, @Nullable Value old, @Nullable Value now) {
        begin(old == null ? "added" : now == null ? "removed" : "changed").put("key", key);
        value("a", old);
        value("b", now);
        json.end();
    }

    private void value(String key, @Nullable Value value) {
        json.key(key);
        if (value == null) {
            json.addNull();
        } else {
            ModelJson.value(json, value);
        }
    }

    private Json begin(String change) {
        differs = true;
        return json.object().put("change", change);
    }

    @Override
    public void same(Tensor tensor) {
        same++;
    }

    @Override
    public void added(Tensor tensor) {
        begin("added").put("name", tensor.name());
        json.putNull("a");
        side("b", tensor.dtype().name(), tensor.shape());
        json.end();
    }

    @Override
    public void removed(Tensor tensor) {
        begin("removed").put("name", tensor.name());
        side("a", tensor.dtype().name(), tensor.shape());
        json.putNull("b").end();
    }

    @Override
    public void changed(Tensor old, Tensor now, @Nullable Comparison values) {
        begin("changed").put("name", old.name());
        side("a", old.dtype().name(), old.shape());
        side("b", now.dtype().name(), now.shape());
        if (values == null) {
            json.putNull("values");
        } else {
            json.object("values").put("elements", values.elements()).put("different", values.different());
            number("maxAbs", values.maxAbs());
            number("rms", values.rms());
            json.end();
        }
        json.end();
    }

    private void side(String key, String type, Shape shape) {
        json.object(key).put("dtype", type);
        ModelJson.shape(json, shape);
        json.end();
    }

    /// Null where the elements are no numbers.
    private void number(String key, double number) {
        if (Double.isNaN(number)) {
            json.putNull(key);
        } else {
            json.put(key, number);
        }
    }

    /// The sum of it all.
    void close() {
        json.end().put("same", same).put("equal", !differs);
    }

    @Override
    public boolean differs() {
        return differs;
    }
}
