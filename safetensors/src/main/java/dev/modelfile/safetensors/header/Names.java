package dev.modelfile.safetensors.header;

import java.util.Comparator;

/// The order of names in the reference: by UTF-8 bytes, which is by code points. Java compares UTF-16 units, which
/// differs beyond the basic plane.
public final class Names {
    /// By code points.
    public static final Comparator<String> ORDER = Names::compare;

    private Names() {}

    private static int compare(String a, String b) {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean plain = Character.isSurrogate(x) == Character.isSurrogate(y);
                return plain ? Character.compare(x, y) : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
