using System.Diagnostics;

namespace CrashStreams.RocksDb.Tests;

/// <summary>200 stores, each written round after round, as 200 partitions are between commits, then all read; says how much native memory that took.</summary>
internal static class ManyStores
{
    public const long Budget = 256L << 20;
    private const int Stores = 200, Rounds = 30, Changes = 150, ValueLength = 300;

    public static void Run(string root)
    {
        using var state = new RocksDbState(new() { Directory = root, MemoryBudgetBytes = Budget });
        var before = NativeBytes();
        state.TryLock("app", "0_0");
        var engines = Enumerable.Range(0, Stores).Select(i => state.Open("app", "0_0", $"store-{i}")).ToList();
        var opened = NativeBytes();
        var highest = opened;
        var value = new byte[ValueLength];
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var engine in engines)
            {
                RocksDbEngineTests.Write(engine, round, b =>
                {
                    for (var i = 0; i < Changes; i++)
                    {
                        new Random(i).NextBytes(value);
                        b.Put(BitConverter.GetBytes((i * Rounds) + round), value);
                    }
                });
            }

            highest = Math.Max(highest, NativeBytes());
        }

        foreach (var engine in engines)
        {
            using var all = engine.Scan([], []);
            var count = 0;
            while (all.MoveNext())
                count++;
            count.Should().Be(Rounds * Changes);
        }

        highest = Math.Max(highest, NativeBytes());
        Console.WriteLine(highest - before);
        Console.WriteLine($"{opened - before} bytes when opened, {MemoryBudget.CacheBytes} bytes in the cache");
    }

    private static long NativeBytes()
    {
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 - GC.GetGCMemoryInfo().TotalCommittedBytes;
    }
}
