/// Checkpoints: read, written, scanned, and attacked.
package dev.modelfile.checkpoint;
