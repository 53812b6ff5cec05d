/// Benchmarks, run with `./mvnw -q -pl tests -am process-test-classes -Dbench=<regular expression>`.
@NullMarked
package dev.modelfile.bench;

import org.jspecify.annotations.NullMarked;
