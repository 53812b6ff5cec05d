package dev.modelfile.bench;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Marks a benchmark of a peer that does the same work as one of ours in the same class.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Beside {
    /// The method of ours.
    String value();

    /// Who does it.
    Peer peer();

    /// How: the call that is measured.
    String by();
}
