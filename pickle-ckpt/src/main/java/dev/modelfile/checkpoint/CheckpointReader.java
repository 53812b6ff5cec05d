package dev.modelfile.checkpoint;

import dev.modelfile.Metadata;
import dev.modelfile.ModelFile;
import dev.modelfile.ReadOptions;
import dev.modelfile.Tensors;
import dev.modelfile.checkpoint.container.Containers;
import dev.modelfile.checkpoint.container.DistributedReader;
import dev.modelfile.checkpoint.container.Loaded;
import dev.modelfile.checkpoint.container.Session;
import dev.modelfile.checkpoint.torch.StateDict;
import dev.modelfile.checkpoint.torch.StorageTable;
import dev.modelfile.io.MappedFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Opens checkpoints of all containers.
final class CheckpointReader {
    private CheckpointReader() {}

    static CheckpointFile read(Path path, ReadOptions options) throws IOException {
        Session session = new Session(options);
        Arena arena = Arena.ofShared();
        try {
            if (Files.isDirectory(path)) {
                DistributedReader folder = DistributedReader.read(path, arena, session);
                return file(path, session, arena, folder.loaded(), folder.names(), folder.parts());
            }
            MappedFile file = MappedFile.open(path, arena);
            Loaded loaded = Containers.read(file, session);
            return file(path, session, arena, loaded, loaded.stateDict(session), List.of(file));
        } catch (Throwable failure) {
            arena.close();
            throw failure;
        }
    }

    private static CheckpointFile file(
            Path path, Session session, Arena arena, Loaded loaded, StateDict names, List<MappedFile> parts) {
        ModelFile.Contents contents = new ModelFile.Contents(
                Checkpoints.FORMAT,
                path,
                Metadata.of(names.metadata()),
                Tensors.of(names.tensors()),
                parts,
                session.findings().list(),
                arena);
        List<CheckpointFile.Storage> storages = new ArrayList<>();
        for (StorageTable.Storage storage : loaded.table().all()) {
            storages.add(new CheckpointFile.Storage(
                    storage.key(),
                    storage.location(),
                    storage.type().name(),
                    storage.data().byteSize(),
                    storage.views(),
                    storage.used()));
        }
        return new CheckpointFile(contents, loaded.container(), loaded.root(), storages, session.globals());
    }
}
