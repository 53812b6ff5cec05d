package dev.modelfile.safetensors;

import dev.modelfile.contract.Fixtures;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A case of `conformance.json`: the bytes of a file, and what the reference says of them.
///
/// @param json the case
record Conformance(JsonNode json) {
    private static final JsonMapper STRICT = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    static List<Conformance> all() {
        List<Conformance> cases = new ArrayList<>();
        Fixtures.json("safetensors/conformance.json").get("cases").forEach(json -> cases.add(new Conformance(json)));
        return cases;
    }

    String id() {
        return json.get("id").asString();
    }

    boolean accepted() {
        return json.get("accept").asBoolean();
    }

    /// The reference's error as the identifier that we give it.
    String rule() {
        String kebab = json.get("error").asString().replaceAll("(?<=[a-z])(?=[A-Z])", "-");
        return "safetensors." + kebab.toLowerCase(Locale.ROOT);
    }

    /// The tensors that the reference may name in its message; empty if it names none.
    Set<String> tensorsNamed() {
        Set<String> names = new TreeSet<>();
        if (json.has("messageNames")) {
            json.get("messageNames").forEach(name -> names.add(name.asString()));
        } else if (json.get("error").asString().equals("InvalidOffset")) {
            String message = json.get("message").asString();
            names.add(message.substring(message.indexOf('`') + 1, message.lastIndexOf('`')));
        }
        return names;
    }

    private byte[] header() {
        return json.has("header")
                ? json.get("header").asString().getBytes(StandardCharsets.UTF_8)
                : Fixtures.hex(json.get("headerHex"));
    }

    /// The whole file.
    byte[] bytes() {
        if (json.has("raw")) {
            return Fixtures.hex(json.get("raw"));
        }
        byte[] header = header();
        long n = json.has("n") ? Long.parseUnsignedLong(json.get("n").asString()) : header.length;
        byte[] data = json.has("data") ? new byte[json.get("data").asInt()] : Fixtures.hex(json.get("dataHex"));
        var file = new ByteArrayOutputStream();
        file.writeBytes(
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(n).array());
        file.writeBytes(header);
        file.writeBytes(data);
        return file.toByteArray();
    }

    /// Whether an accepted case is against the written specification, judged by another JSON parser.
    boolean deviates() {
        byte[] file = bytes();
        int n = Math.toIntExact(
                ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong());
        String header = new String(file, 8, n, StandardCharsets.UTF_8);
        String unpadded = header.replaceAll(" +$", "");
        if (!unpadded.startsWith("{") || !unpadded.endsWith("}")) {
            return true;
        }
        try {
            JsonNode root = STRICT.readTree(header);
            return root.properties().stream()
                    .anyMatch(entry -> entry.getKey().equals("__metadata__")
                            ? !entry.getValue().isObject()
                            : !regular(entry.getValue()));
        } catch (JacksonException duplicate) {
            return true;
        }
    }

    private static boolean regular(JsonNode tensor) {
        return tensor.isObject()
                && tensor.size() == 3
                && tensor.has("dtype")
                && tensor.get("dtype").isString();
    }
}
