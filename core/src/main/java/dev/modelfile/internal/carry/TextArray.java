package dev.modelfile.internal.carry;

import dev.modelfile.Value;
import dev.modelfile.spi.Landmarks;
import dev.modelfile.spi.Printable;
import dev.modelfile.spi.TextData;
import java.util.ArrayList;
import java.util.List;

/// An array over its text, which has been checked: it costs a few numbers until elements are asked for.
final class TextArray implements Value.Array {
    private final TextData text;
    private final Landmarks<Value> places;
    private final String element;
    private final Type elementType;

    /// @param places where the elements begin
    /// @param element the note of the elements
    /// @param elementType the type of all elements
    TextArray(TextData text, Landmarks<Value> places, String element, Type elementType) {
        this.text = text;
        this.places = places;
        this.element = element;
        this.elementType = elementType;
    }

    @Override
    public Type elementType() {
        return elementType;
    }

    @Override
    public long size() {
        return places.size();
    }

    @Override
    public Value get(long index) {
        return places.get(index, this::read);
    }

    private List<Value> read(long position, int count) {
        JsonReader reader = new JsonReader(text, position);
        List<Value> values = new ArrayList<>(count);
        values.add(reader.value(element));
        while (values.size() < count) {
            reader.expect(',');
            values.add(reader.value(element));
        }
        return values;
    }

    @Override
    public String toString() {
        return Printable.of(this);
    }
}
