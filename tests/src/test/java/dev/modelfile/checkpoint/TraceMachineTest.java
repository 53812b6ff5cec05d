package dev.modelfile.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.modelfile.ModelFormatException;
import dev.modelfile.ReadLimits;
import dev.modelfile.checkpoint.pickle.Budget;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.PickleMachine;
import dev.modelfile.checkpoint.pickle.PickleObserver;
import dev.modelfile.checkpoint.pickle.Trace;
import dev.modelfile.checkpoint.pickle.TraceMachine;
import dev.modelfile.checkpoint.pickle.TraceObserver;
import dev.modelfile.io.Region;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/// The machine that scans and the one that reads see the same names, calls, states, references and remarks at the same
/// places, and end in the same way, on what tools write, on changed bytes and on random opcodes.
final class TraceMachineTest {
    private static final List<String> GOES_ON = List.of(
            "pickle.target", "pickle.size", "pickle.truncated", "pickle.number", "pickle.string", "pickle.line");

    private static final int ROUNDS = 400;
    private static final String OPCODES =
            "(.012NKKKMJ)]}tuealsdqqqhhhrjRbcoQPX\u0085\u0086\u0087\u0088\u0089\u0081\u008c"
                    + "\u008f\u0090\u0091\u0092\u0093\u0094\u0094\u0095\u0097\u0098\u0082\u0080VSUTFILGiC\u0096\u008a\u008b";

    /// What one machine has seen, in order.
    private static final class Seen implements PickleObserver, TraceObserver {
        final List<String> events = new ArrayList<>();
        Trace trace;

        @Override
        public void global(PickleValue.Global global, int protocol) {
            events.add("global " + global + " " + global.offset());
        }

        @Override
        public void global(int global, long offset) {
            PickleValue.Global name = trace.name(global);
            events.add("global " + name.module() + "." + name.name() + " " + offset);
        }

        @Override
        public void call(InstanceNode call) {
            events.add("call " + call.construction() + " " + call.offset() + " "
                    + (call.callable() instanceof PickleValue.Global global ? global : "?"));
        }

        @Override
        public void call(PickleValue.Construction how, long callable, long arguments, long offset) {
            boolean named = Trace.kind(callable) == Trace.GLOBAL;
            events.add("call " + how + " " + offset + " " + (named ? trace.name(Trace.global(callable)) : "?"));
        }

        @Override
        public long build(PickleValue target, PickleValue state, long offset) {
            events.add("build " + offset + " " + (target instanceof PickleValue.Global));
            return 0;
        }

        @Override
        public long build(long target, long state, long offset) {
            events.add("build " + offset + " " + (Trace.kind(target) == Trace.GLOBAL));
            return 0;
        }

        @Override
        public void fill(PickleValue target, boolean entries, long offset) {
            if (target instanceof PickleValue.Global || target instanceof InstanceNode) {
                events.add("fill " + offset);
            }
        }

        @Override
        public void fill(long target, boolean entries, long offset) {
            events.add("fill " + offset);
        }

        @Override
        public void key(long call) {}

        @Override
        public void special(String text, long offset) {}

        @Override
        public void persistentId(PickleValue id, boolean textual, long offset) {
            events.add("reference " + offset);
        }

        @Override
        public void persistentId(long id, long offset) {
            events.add("reference " + offset);
        }

        @Override
        public boolean isNotable(int first, int second) {
            return true;
        }

        @Override
        public void literal(PickleValue literal, long offset) {
            literal(literal);
        }

        @Override
        public void literal(PickleValue literal) {
            events.add("literal " + (literal instanceof PickleValue.Text text ? text.value() : "bytes"));
        }

        @Override
        public void note(String rule, long offset, String what) throws ModelFormatException {
            // The machine that scans goes on where the one that reads cannot.
            if (GOES_ON.contains(rule)) {
                String same = rule.equals("pickle.size") ? "pickle.number" : rule;
                throw Region.of(MemorySegment.NULL, "test").malformed(same, "", offset, what);
            }
            events.add(rule + " " + offset + " " + what);
        }
    }

    private static List<String> read(byte[] pickle) throws IOException {
        Seen seen = new Seen();
        Region stream = Region.of(MemorySegment.ofArray(pickle), "test");
        PickleMachine machine = new PickleMachine(stream, new Budget(ReadLimits.defaults()), seen);
        try {
            machine.load();
            seen.events.add("ends " + machine.position());
        } catch (ModelFormatException broken) {
            seen.events.add(broken.rule() + " " + machine.lastOpcode());
        }
        return seen.events;
    }

    private static List<String> trace(byte[] pickle) throws IOException {
        Seen seen = new Seen();
        Region stream = Region.of(MemorySegment.ofArray(pickle), "test");
        Budget budget = new Budget(ReadLimits.defaults());
        seen.trace = new Trace(stream, budget);
        TraceMachine machine = new TraceMachine(stream, 0, budget, seen.trace, seen);
        try {
            machine.run();
            seen.events.add("ends " + machine.position());
        } catch (ModelFormatException broken) {
            seen.events.add(broken.rule() + " " + machine.lastOpcode());
        }
        return seen.events;
    }

    private static boolean agree(byte[] pickle, Object which) throws IOException {
        List<String> read = read(pickle);
        assertEquals(read, trace(pickle), () -> which.toString());
        return read.get(read.size() - 1).startsWith("ends");
    }

    /// The pickles of all fixtures.
    private static List<byte[]> pickles() throws IOException {
        List<byte[]> pickles = new ArrayList<>();
        try (Stream<Path> files = Files.list(Samples.PICKLES)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                byte[] content = Files.readAllBytes(file);
                if (content[0] != 'P') {
                    pickles.add(content);
                    continue;
                }
                try (ZipFile zip = new ZipFile(file.toFile())) {
                    for (ZipEntry entry : zip.stream().toList()) {
                        if (entry.getName().endsWith(".pkl")) {
                            pickles.add(zip.getInputStream(entry).readAllBytes());
                        }
                    }
                }
            }
        }
        return pickles;
    }

    @Test
    void onWhatToolsWrite() throws IOException {
        int whole = 0;
        for (byte[] pickle : pickles()) {
            whole += agree(pickle, whole) ? 1 : 0;
        }
        assertTrue(whole >= 25, whole + " pickles read to their end");
    }

    @Test
    void onChangedBytes() throws IOException {
        Random random = new Random(7);
        int whole = 0;
        int broken = 0;
        for (byte[] pickle : pickles()) {
            for (int round = 0; round < ROUNDS; round++) {
                byte[] changed = pickle.clone();
                for (int i = 1 + random.nextInt(4); i > 0; i--) {
                    changed[random.nextInt(Math.min(changed.length, 4000))] = (byte) random.nextInt(256);
                }
                boolean ends = agree(changed, round);
                whole += ends ? 1 : 0;
                broken += ends ? 0 : 1;
            }
        }
        assertTrue(whole > 500 && broken > 500, whole + " whole, " + broken + " broken");
    }

    @Test
    void onRandomOpcodes() throws IOException {
        Random random = new Random(11);
        int whole = 0;
        for (int round = 0; round < 60_000; round++) {
            ByteArrayOutputStream pickle = new ByteArrayOutputStream();
            // Something to work on, so that many get further than their first opcode.
            pickle.writeBytes(Samples.bytes("\u0080\u0004cm\nn\nq\0]q\1}q\2(K\1K\2"));
            for (int i = random.nextInt(30); i > 0; i--) {
                pickle.write(OPCODES.charAt(random.nextInt(OPCODES.length())));
                if (random.nextInt(3) == 0) {
                    pickle.write(random.nextInt(4));
                }
            }
            pickle.writeBytes(Samples.bytes("\n\n."));
            whole += agree(pickle.toByteArray(), round) ? 1 : 0;
        }
        assertTrue(whole > 1000, whole + " read to their end");
    }
}
