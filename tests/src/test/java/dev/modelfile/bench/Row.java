package dev.modelfile.bench;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Marks a benchmark of ours that is a row of the report. The benchmarks of its peers are marked [Beside].
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Row {
    /// What is done; `{name}` stands for the value of that parameter.
    String value();

    /// The table that it belongs to.
    Report.Table table();
}
