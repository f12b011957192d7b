using System.Diagnostics;

namespace CrashStreams.RocksDb.Tests;

/// <summary>Stores opened, used and closed a hundred times, some of them left to the finalizer; says what is left of files and threads.</summary>
internal static class ManyOpenings
{
    public static void Run(string root)
    {
        using var state = new RocksDbState(new() { Directory = root, MemoryBudgetBytes = 16 << 20 });
        for (var i = 0; i < 10; i++)
            Use(state, i);
        var (files, threads) = Count();
        for (var i = 0; i < 100; i++)
            Use(state, i);
        var after = Count();
        Console.WriteLine(after.Files - files);
        Console.WriteLine(after.Threads - threads);
    }

    private static void Use(RocksDbState state, int number)
    {
        state.TryLock("app", "0_0");
        using (var engine = state.Open("app", "0_0", "counts"))
        {
            engine.BeginRestore();
            RocksDbEngineTests.Write(engine, number, b => b.Put([(byte)number], new byte[100]));
            engine.EndRestore();
            Leak(engine);
            if (number % 2 == 0)
                engine.Flush();
        }

        // An iterator that nobody closed keeps the database open until the collector has found it.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        state.Unlock("app", "0_0");
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void Leak(Stores.IStateEngine engine) => engine.Scan([], []).MoveNext().Should().BeTrue();

    private static (int Files, int Threads) Count()
    {
        using var process = Process.GetCurrentProcess();
        return (Directory.GetFileSystemEntries("/proc/self/fd").Length, process.Threads.Count);
    }
}
