package dev.modelfile.onnx.check;

import dev.modelfile.ModelFormatException;
import dev.modelfile.SidecarPolicy;
import dev.modelfile.io.Region;
import dev.modelfile.onnx.externaldata.Location;
import dev.modelfile.onnx.schema.Frame;
import dev.modelfile.onnx.schema.Kind;
import dev.modelfile.onnx.schema.Visitor;
import dev.modelfile.onnx.schema.Walker;
import dev.modelfile.onnx.wire.Message;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.onnx.wire.WireCursor;
import dev.modelfile.scan.Severity;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Looks into strings and bytes: contexts of execution providers that lead to files, programs and archives that lie
/// where no program belongs, addresses on the network.
final class ContentScan implements Visitor {
    private static final int HEAD = 4096;

    private final Walker walker;
    private final Problems problems;
    /// The node whose contexts were looked at last, and whether they are embedded.
    private @Nullable Frame judged;

    private boolean embedded;

    ContentScan(Walker walker, Problems problems) {
        this.walker = walker;
        this.problems = problems;
    }

    @Override
    public boolean enter(Frame frame) throws ModelFormatException {
        if (frame.kind() == Kind.ATTRIBUTE) {
            context(frame);
        }
        return switch (frame.kind()) {
            case MODEL, GRAPH, NODE, ATTRIBUTE, FUNCTION, TRAINING, VALUE_INFO, TENSOR, ENTRY -> true;
            default -> false;
        };
    }

    /// `ep_cache_context` is a path unless `embed_mode` is 1, which is its default.
    private void context(Frame attribute) throws ModelFormatException {
        Frame node = attribute.parent();
        if (node == null || !attribute.isIn(Kind.NODE, 5) || !node.text(4).equals("EPContext")) {
            return;
        }
        if (!attribute.text(1).equals("ep_cache_context")) {
            return;
        }
        if (judged != node) {
            judged = node;
            embedded = embedded(node);
        }
        if (embedded) {
            return;
        }
        try {
            Location.check(attribute.text(4), SidecarPolicy.DEFAULT);
        } catch (Location.Refused refused) {
            problems.note(
                    Severity.DANGER,
                    Rules.EP_CONTEXT,
                    attribute.place(),
                    attribute.message().offset(),
                    "the context is in " + Texts.shown(attribute.text(4)) + ": " + refused.getMessage());
        }
    }

    private boolean embedded(Frame node) throws ModelFormatException {
        long mode = 1;
        WireCursor at = node.fields();
        while (at.next()) {
            if (at.field() == 5 && at.type() == WireCursor.LENGTH_DELIMITED) {
                WireCursor fields = walker.cursor(Message.of(at.child()));
                String name = "";
                long value = 0;
                while (fields.next()) {
                    if (fields.field() == 1 && fields.type() == WireCursor.LENGTH_DELIMITED) {
                        name = walker.text(fields.valueStart(), fields.length());
                    } else if (fields.field() == 3 && fields.type() == WireCursor.VARINT) {
                        value = fields.value();
                    }
                }
                mode = name.equals("embed_mode") ? value : mode;
            }
        }
        return mode == 1;
    }

    @Override
    public void value(Frame frame, Kind.Field field, WireCursor at) throws ModelFormatException {
        boolean attribute = frame.kind() == Kind.ATTRIBUTE && (field.number() == 4 || field.number() == 9);
        boolean property = frame.kind() == Kind.ENTRY && field.number() == 2;
        if (!attribute && !property) {
            return;
        }
        Region bytes = walker.file().slice("", at.valueStart(), at.length());
        String what = magic(bytes);
        if (what != null) {
            boolean harmless = what.endsWith("archive");
            problems.note(
                    harmless ? Severity.INFO : Severity.WARNING,
                    Rules.EMBEDDED_FILE,
                    frame.place(),
                    at.valueStart(),
                    at.length() + " bytes begin like " + what);
        } else {
            String text = Texts.of(walker.file(), at.valueStart(), Math.min(HEAD, at.length()));
            if (text.contains("http://") || text.contains("https://")) {
                problems.note(
                        Severity.INFO,
                        Rules.EMBEDDED_URL,
                        frame.place(),
                        at.valueStart(),
                        "an address in " + Texts.shown(text));
            }
        }
    }

    private static @Nullable String magic(Region bytes) throws ModelFormatException {
        if (bytes.size() < 8) {
            return null;
        }
        String head = new String(bytes.copy("", 0, Math.min(8, bytes.size())), StandardCharsets.ISO_8859_1);
        if (head.startsWith("\u007fELF") || head.startsWith("\0asm") || head.startsWith("\u00cf\u00fa\u00ed\u00fe")) {
            return "a program";
        }
        if (head.startsWith("#!/")) {
            return "a script";
        }
        if (head.startsWith("MZ") && bytes.size() > 64) {
            long header = bytes.i32(60) & 0xFFFFFFFFL;
            return header <= bytes.size() - 4 && bytes.i32(header) == 0x4550 ? "a program" : null;
        }
        int protocol = bytes.u8(1);
        if (bytes.u8(0) == 0x80 && protocol >= 2 && protocol <= 5 && bytes.u8(bytes.size() - 1) == '.') {
            return "a Python pickle";
        }
        if (head.startsWith("PK\003\004") || head.startsWith("\u001f\u008b\b")) {
            return "an archive";
        }
        return null;
    }
}
