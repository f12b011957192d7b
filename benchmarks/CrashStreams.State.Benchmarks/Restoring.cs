using CrashStreams.RocksDb;
using CrashStreams.Stores;

namespace CrashStreams.State.Benchmarks;

/// <summary>How fast a changelog can be written into an empty store, once it is read: alone, without the log in front of it.</summary>
internal static class Restoring
{
    public static void Run(IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        int keys = arguments.Number("keys", 1_000_000), versions = arguments.Number("versions", 2), batch = arguments.Number("batch", 4096);
        var budget = arguments.Number("budget", 256);
        for (var round = 0; round < arguments.Number("rounds", 3); round++)
        {
            foreach (var isBulk in new[] { true, false })
            {
                var directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
                using (var state = new RocksDbState(new() { Directory = directory, MemoryBudgetBytes = (long)budget << 20 }))
                {
                    state.TryLock("bench", "0_0");
                    using var engine = state.Open("bench", "0_0", "counts");
                    var measured = Measured.Of(() => Load(engine, new Entries(keys), (long)keys * versions, batch, isBulk));
                    var size = Directory.EnumerateFiles(directory, "*.sst", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
                    Console.WriteLine($"{(isBulk ? "bulk load" : "as live  ")} {measured.Per((long)keys * versions)}  {size / 1e6,4:0} MB on disk");
                }

                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private static void Load(IStateEngine engine, Entries entries, long records, int batchSize, bool isBulk)
    {
        if (isBulk)
            engine.BeginRestore();
        using var batch = engine.CreateBatch();
        for (var number = 0L; number < records; number++)
        {
            batch.Put(entries.Key(number), entries.Value(number));
            if (batch.Count == batchSize)
                engine.Write(batch, number + 1);
        }

        engine.Write(batch, records);
        if (isBulk)
            engine.EndRestore();
        engine.Flush();
    }
}
