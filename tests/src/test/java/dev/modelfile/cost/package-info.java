/// What work costs in facts that no other work on the machine changes: bytes allocated, pages touched, classes loaded.
@NullMarked
package dev.modelfile.cost;

import org.jspecify.annotations.NullMarked;
