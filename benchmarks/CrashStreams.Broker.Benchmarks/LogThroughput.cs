using System.Diagnostics;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>
/// What the log alone costs, on one thread and without a network: appends of 165 byte records in batches of 16 KB to 12 partitions,
/// validation with and without, reads of 1 MB, and a start after the process was killed. Per record, against the size on disk.
/// </summary>
internal static class LogThroughput
{
    private const int Partitions = 12;
    private const int BatchBytes = 16 * 1024;
    private const long NowMs = 1_700_000_000_000;

    public static void Run(string directory, int megabytes)
    {
        var storage = new FileStorage(directory);
        var logs = Open(storage);
        var batch = MakeBatch(out var records);
        var batches = megabytes * 1024L * 1024 / batch.Length;

        Measure("validate", batches * records, batches * batch.Length, () =>
        {
            for (var i = 0L; i < batches; i++)
                Expect(BatchValidator.Validate(batch, LogConfig.Default, NowMs, out _));
        });
        Measure("append", batches * records, batches * batch.Length, () =>
        {
            for (var i = 0L; i < batches; i++)
                Expect(logs[i % Partitions].AppendPrepared(batch, new AppendOptions { NowMs = NowMs }).Error);
        });
        var buffer = new byte[1024 * 1024];
        Measure("read", batches * records, batches * batch.Length, () => ReadAll(logs, buffer));

        Array.ForEach(logs, log => log.Abandon());
        Measure("start after kill", batches * records, batches * batch.Length, () => logs = Open(storage));
        Array.ForEach(logs, log => log.Abandon());
        foreach (var name in storage.Directories("").SelectMany(name => storage.Files(name).Where(file => file.StartsWith("checkpoint")).Select(file => name + "/" + file)))
            storage.Delete(name);
        Measure("start, all of it read", batches * records, batches * batch.Length, () => logs = Open(storage));
        Array.ForEach(logs, log =>
        {
            log.Abandon();
            LogDirectory.TryDelete(storage, log.Directory);
        });
    }

    private static PartitionLog[] Open(IStorage storage) =>
        [.. Enumerable.Range(0, Partitions).Select(i => PartitionLog.Open(storage, $"bench-{i}", LogConfig.Default))];

    private static byte[] MakeBatch(out int records)
    {
        using var builder = new RecordBatchBuilder();
        for (records = 0; builder.SizeInBytes < BatchBytes - 180; records++)
            builder.Append(NowMs, RecordField.Null, new byte[158]);
        return builder.Build().ToArray();
    }

    private static void ReadAll(PartitionLog[] logs, byte[] buffer)
    {
        foreach (var log in logs)
        {
            for (var offset = 0L; offset < log.EndOffset;)
            {
                using var slice = log.Read(offset, buffer.Length, FetchIsolation.ReadCommitted, atLeastOneBatch: true);
                slice.CopyTo(buffer);
                offset = slice.NextOffset;
            }
        }
    }

    private static void Expect(ErrorCode error)
    {
        if (error != ErrorCode.None)
            throw new InvalidOperationException($"The log answered {error}.");
    }

    private static void Measure(string what, long records, long bytes, Action work)
    {
        var allocated = GC.GetTotalAllocatedBytes();
        var watch = Stopwatch.StartNew();
        work();
        var seconds = watch.Elapsed.TotalSeconds;
        Console.WriteLine($"{what,-22} {seconds * 1000,7:F0} ms  {bytes / seconds / 1e6,7:F0} MB/s  {seconds / records * 1e9,6:F1} ns/record  "
            + $"{(GC.GetTotalAllocatedBytes() - allocated) / 1024,7} KiB allocated");
    }
}
