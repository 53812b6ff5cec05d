package dev.modelfile.checkpoint.container;

import dev.modelfile.ModelFormatException;
import dev.modelfile.checkpoint.PickleValue;
import dev.modelfile.checkpoint.pickle.InstanceNode;
import dev.modelfile.checkpoint.pickle.PickleObserver;

/// A policy, and an observer that only collects persistent ids.
///
/// @param policy asked about everything
/// @param ids told of persistent ids
record Both(PickleObserver policy, PickleObserver ids) implements PickleObserver {
    @Override
    public void opcode(int opcode, long offset) throws ModelFormatException {
        policy.opcode(opcode, offset);
    }

    @Override
    public void global(PickleValue.Global global, int protocol) throws ModelFormatException {
        policy.global(global, protocol);
    }

    @Override
    public void call(InstanceNode call) throws ModelFormatException {
        policy.call(call);
    }

    @Override
    public long build(PickleValue target, PickleValue state, long offset) throws ModelFormatException {
        return policy.build(target, state, offset);
    }

    @Override
    public void fill(PickleValue target, boolean entries, long offset) throws ModelFormatException {
        policy.fill(target, entries, offset);
    }

    @Override
    public void persistentId(PickleValue id, boolean textual, long offset) throws ModelFormatException {
        policy.persistentId(id, textual, offset);
        ids.persistentId(id, textual, offset);
    }
}
