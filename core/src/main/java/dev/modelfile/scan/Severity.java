package dev.modelfile.scan;

/// How bad a finding is, mildest first.
public enum Severity {
    /// Worth knowing; no fault.
    INFO,
    /// Against the specification or unusual, but readers accept it.
    WARNING,
    /// The file breaks its format: it is damaged or two readers could see different things in it.
    ERROR,
    /// The file can make a program that loads it do what its author wants.
    DANGER
}
