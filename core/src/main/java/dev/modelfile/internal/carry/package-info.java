/// Metadata values as text, so that formats which store only strings can carry typed ones.
@NullMarked
package dev.modelfile.internal.carry;

import org.jspecify.annotations.NullMarked;
