/// Every format into every other and back.
@org.jspecify.annotations.NullMarked
package dev.modelfile.matrix;
