/// What every format promises, as suites to inherit, and what the suites need.
@NullMarked
package dev.modelfile.contract;

import org.jspecify.annotations.NullMarked;
