using System.Diagnostics;
using CrashStreams.RocksDb;
using CrashStreams.Stores;

namespace CrashStreams.State.Benchmarks;

/// <summary>
/// What commits cost while records come: each writes some random keys of each store. In turn with different bounds for what a crash may take; what it takes is
/// seen by closing without a flush.
/// </summary>
internal static class Living
{
    public static void Run(IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        int keys = arguments.Number("keys", 1_000_000), stores = arguments.Number("stores", 4), commits = arguments.Number("commits", 80), changes = arguments.Number("changes", 50_000);
        int[] bounds = [int.MaxValue, arguments.Number("tail", new RocksDbOptions { Directory = "." }.UnflushedOffsets)];
        for (var round = 0; round < arguments.Number("rounds", 2); round++)
        {
            foreach (var bound in bounds)
            {
                var directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
                var options = new RocksDbOptions { Directory = directory, UnflushedOffsets = bound };
                Fill(options, keys, stores);
                Measured measured;
                long written;
                using (var state = new RocksDbState(options))
                {
                    var engines = Open(state, stores);
                    var before = WrittenBytes();
                    measured = Measured.Of(() => Commit(engines, keys, commits, changes / stores));
                    written = WrittenBytes() - before;
                }

                using (var state = new RocksDbState(options))
                {
                    var lost = Open(state, stores).Sum(e => (long)commits * (changes / stores) - e.Position);
                    Console.WriteLine($"at most {bound,13:N0} unflushed  {measured.Per((long)commits * changes)}  {(double)written / commits / changes,5:0} B written per change  {lost,9:N0} changes lost");
                }

                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private static List<IStateEngine> Open(RocksDbState state, int stores) =>
        Enumerable.Range(0, stores).Select(number =>
        {
            state.TryLock("bench", $"0_{number}");
            return state.Open("bench", $"0_{number}", "totals");
        }).ToList();

    private static void Fill(RocksDbOptions options, int keys, int stores)
    {
        using var state = new RocksDbState(options);
        var entries = new Entries(keys);
        foreach (var (number, engine) in Open(state, stores).Index())
        {
            using var batch = engine.CreateBatch();
            engine.BeginRestore();
            for (var key = number; key < keys; key += stores)
            {
                batch.Put(entries.Key(key), entries.Value(key));
                if (batch.Count == 4096)
                    engine.Write(batch, 0);
            }

            engine.Write(batch, 0);
            engine.EndRestore();
            engine.Flush();
        }
    }

    private static void Commit(List<IStateEngine> engines, int keys, int commits, int changes)
    {
        var random = new Random(keys);
        var entries = new Entries(keys);
        var batches = engines.Select(e => e.CreateBatch()).ToList();
        for (var commit = 1; commit <= commits; commit++)
        {
            foreach (var (number, engine) in engines.Index())
            {
                for (var i = 0; i < changes; i++)
                    batches[number].Put(entries.Key(((long)random.Next(keys / engines.Count) * engines.Count) + number), entries.Value(commit));
                engine.Write(batches[number], (long)commit * changes);
            }
        }
    }

    private static long WrittenBytes() =>
        long.Parse(File.ReadLines("/proc/self/io").First(static l => l.StartsWith("write_bytes", StringComparison.Ordinal)).Split(' ')[1]);
}
