namespace CrashStreams.RocksDb.Tests;

/// <summary>The process that gets killed: it writes batches and says how far it has come.</summary>
internal static class KilledWriter
{
    public static void Run(string root, bool isRestore)
    {
        // Every tenth batch removes a range, which ends a run: here most have been in a file by then.
        using var state = new RocksDbState(new() { Directory = root, MemoryBudgetBytes = 16 << 20, LoadRunBytes = 8 << 10 });
        if (!state.TryLock(StateDirectory.Application, StateDirectory.Task))
            throw new InvalidOperationException("The killed process's lock is still held.");
        using var engine = state.Open(StateDirectory.Application, StateDirectory.Task, StateDirectory.Store);
        using var batch = engine.CreateBatch();
        if (isRestore)
            engine.BeginRestore();
        for (var position = engine.Position + 1; ; position++)
        {
            BatchModel.Fill(batch, position);
            engine.Write(batch, position);
            if (position % 50 == 0)
                Console.WriteLine(position);
            if (isRestore && position % 2000 == 1999)
            {
                engine.EndRestore();
                engine.BeginRestore();
            }
            else if (position % 700 == 699)
            {
                engine.Flush();
            }
        }
    }
}
