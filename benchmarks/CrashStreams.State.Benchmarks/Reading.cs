using System.Buffers;
using CrashStreams.RocksDb;
using CrashStreams.Stores;

namespace CrashStreams.State.Benchmarks;

/// <summary>What reads and small batches cost on a store of many small entries.</summary>
internal static class Reading
{
    public static void Run(IEnumerable<string> args)
    {
        var arguments = new Arguments(args);
        var keys = arguments.Number("keys", 1_000_000);
        var directory = Directory.CreateTempSubdirectory("crashstreams-state-").FullName;
        using (var state = new RocksDbState(new() { Directory = directory }))
        {
            state.TryLock("bench", "0_0");
            using var engine = state.Open("bench", "0_0", "counts");
            Fill(engine, keys);
            for (var round = 0; round < arguments.Number("rounds", 3); round++)
            {
                Console.WriteLine($"get        {Measured.Of(() => Get(engine, keys, keys)).Per(keys)}");
                Console.WriteLine($"get absent {Measured.Of(() => Get(engine, keys * 3, keys)).Per(keys)}");
                var scanned = 0;
                Console.WriteLine($"scan       {Measured.Of(() => scanned = Scan(engine)).Per(keys)}  {scanned} entries");
                Console.WriteLine($"scan of 10 {Measured.Of(() => ScanFew(engine, keys)).Per(keys / 10)}");
                Console.WriteLine($"update     {Measured.Of(() => Update(engine, keys)).Per(keys)}");
            }
        }

        Directory.Delete(directory, recursive: true);
    }

    private static void Fill(IStateEngine engine, int keys)
    {
        var entries = new Entries(keys);
        using var batch = engine.CreateBatch();
        engine.BeginRestore();
        for (var i = 0; i < keys; i++)
        {
            batch.Put(entries.Key(i), entries.Value(i));
            if (batch.Count == 4096)
                engine.Write(batch, i);
        }

        engine.Write(batch, keys);
        engine.EndRestore();
    }

    private static void Get(IStateEngine engine, int keySpace, int count)
    {
        var entries = new Entries(keySpace);
        var value = new ArrayBufferWriter<byte>();
        // A keyspace of other keys than those that are there: with three times the keys the numbers above the first third are absent.
        var from = keySpace > count ? count : 0;
        for (var i = 0; i < count; i++)
        {
            value.ResetWrittenCount();
            if (engine.TryGet(entries.Key(from + (i * 7919L % count)), value) != (from == 0))
                throw new InvalidOperationException("A key is not what it should be.");
        }
    }

    private static int Scan(IStateEngine engine)
    {
        var count = 0;
        var bytes = 0L;
        using var all = engine.Scan([], []);
        while (all.MoveNext())
        {
            bytes += all.Key.Length + all.Value.Length;
            count++;
        }

        return bytes > 0 ? count : 0;
    }

    private static void ScanFew(IStateEngine engine, int keys)
    {
        var entries = new Entries(keys);
        for (var i = 0; i < keys / 10; i++)
        {
            using var some = engine.Scan(entries.Key(i * 7919L), []);
            for (var n = 0; n < 10 && some.MoveNext(); n++)
            {
                if (some.Key.IsEmpty)
                    throw new InvalidOperationException("An empty key.");
            }
        }
    }

    private static void Update(IStateEngine engine, int keys)
    {
        var entries = new Entries(keys);
        using var batch = engine.CreateBatch();
        for (var i = 0; i < keys; i++)
        {
            batch.Put(entries.Key(i * 7919L), entries.Value(i));
            if (batch.Count == 1000)
                engine.Write(batch, i);
        }

        engine.Write(batch, keys);
    }
}
