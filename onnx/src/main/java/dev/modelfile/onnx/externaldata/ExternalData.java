package dev.modelfile.onnx.externaldata;

import dev.modelfile.ModelFormatException;
import dev.modelfile.onnx.check.Problems;
import dev.modelfile.onnx.check.Rules;
import dev.modelfile.onnx.wire.Texts;
import dev.modelfile.scan.Severity;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The keys of `external_data` as its specification has them.
///
/// @param location the path, relative to the model's folder
/// @param offset where the bytes begin in the file, default 0
/// @param length how many there are; -1 if that follows from the shape
/// @param checksum SHA-1 of the whole file in hexadecimal digits, null if there is none
public record ExternalData(
        String location, long offset, long length, @Nullable String checksum) {
    /// The path.
    public static final String LOCATION = "location";
    /// The first byte.
    public static final String OFFSET = "offset";
    /// The number of bytes.
    public static final String LENGTH = "length";
    /// The digest of the file.
    public static final String CHECKSUM = "checksum";

    /// ONNX Runtime keeps weights that it has rearranged for a processor under keys with this beginning.
    private static final String PREPACKED = "prepacked";

    /// Reads the keys.
    ///
    /// @param place the tensor, for messages
    /// @param offset where the tensor is in the model file
    /// @return null if they are unusable and that was collected
    /// @throws ModelFormatException if they are unusable
    public static @Nullable ExternalData read(
            List<Map.Entry<String, String>> entries, String place, long offset, Problems problems)
            throws ModelFormatException {
        Reader reader = new Reader(place, offset, problems);
        for (Map.Entry<String, String> entry : entries) {
            reader.add(entry.getKey(), entry.getValue());
        }
        return reader.result();
    }

    /// Takes one key after the other.
    private static final class Reader {
        private final String place;
        private final long at;
        private final Problems problems;
        private final Set<String> seen = new HashSet<>();
        private boolean usable = true;
        private String location = "";
        private long offset;
        private long length = -1;
        private @Nullable String checksum;

        Reader(String place, long at, Problems problems) {
            this.place = place;
            this.at = at;
            this.problems = problems;
        }

        void add(String key, String value) throws ModelFormatException {
            if (!seen.add(key)) {
                refuse(Rules.DUPLICATE_KEY, "external data has the key " + Texts.shown(key) + " twice");
            }
            switch (key) {
                case LOCATION -> location = value;
                case OFFSET -> offset = number(key, value);
                case LENGTH -> length = number(key, value);
                case CHECKSUM -> checksum = value;
                default -> {
                    if (!key.startsWith(PREPACKED)) {
                        problems.note(
                                Severity.WARNING,
                                Rules.UNKNOWN_KEY,
                                place,
                                at,
                                "external data has the unknown key " + Texts.shown(key)
                                        + ", which ONNX Runtime refuses");
                    }
                }
            }
        }

        private long number(String key, String digits) throws ModelFormatException {
            boolean plain = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
            try {
                if (plain) {
                    return Long.parseLong(digits);
                }
            } catch (NumberFormatException tooLarge) {
                // Refused below.
            }
            refuse(Rules.RANGE, key + " is " + Texts.shown(digits) + ", not a decimal number below 2^63");
            return 0;
        }

        private void refuse(String rule, String problem) throws ModelFormatException {
            problems.refuse(Severity.ERROR, rule, place, at, problem);
            usable = false;
        }

        @Nullable
        ExternalData result() throws ModelFormatException {
            if (location.isEmpty()) {
                refuse(Rules.NO_LOCATION, "the tensor is stored in another file, and no location says in which");
            }
            return usable ? new ExternalData(location, offset, length, checksum) : null;
        }
    }
}
