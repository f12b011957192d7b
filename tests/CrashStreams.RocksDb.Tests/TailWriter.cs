using System.Diagnostics;

namespace CrashStreams.RocksDb.Tests;

/// <summary>A process that writes to a few stores and dies without having flushed any of them.</summary>
internal static class TailWriter
{
    public const int Stores = 3;

    /// <summary>What it lets its stores be ahead of their disks; 2,000 for each of them come on top.</summary>
    public const int UnflushedOffsets = 2000;

    /// <summary>The position that each store is brought to, one entry per offset.</summary>
    public const int Last = 40_000;

    public static string Store(int number) => $"store-{number}";

    public static void Run(string root)
    {
        const int Changes = 100;
        using var state = new RocksDbState(new() { Directory = root, UnflushedOffsets = UnflushedOffsets });
        state.TryLock(StateDirectory.Application, StateDirectory.Task);
        var engines = Enumerable.Range(0, Stores).Select(number => state.Open(StateDirectory.Application, StateDirectory.Task, Store(number))).ToList();
        for (var position = 0; position < Last; position += Changes)
        {
            foreach (var engine in engines)
            {
                using var batch = engine.CreateBatch();
                for (var i = 0; i < Changes; i++)
                    batch.Put(BitConverter.GetBytes(position + i), "a value"u8);
                engine.Write(batch, position + Changes);
            }
        }

        Process.GetCurrentProcess().Kill();
    }
}
