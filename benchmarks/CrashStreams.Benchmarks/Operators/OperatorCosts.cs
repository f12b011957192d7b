using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CrashStreams.Benchmarks.Memory;
using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.RocksDb;
using CrashStreams.Stores;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Benchmarks.Operators;

/// <summary>
/// What a record costs in each stateful operator, from its bytes in memory to the operator's results, on one thread: source, stores, commits and changelogs included, no broker. Every key has been
/// there before the measurement begins and comes once more, or several times, in it. The log is an arena: no port allocates for a record.
/// </summary>
internal static class OperatorCosts
{
    private const int FewestRecords = 300_000;
    private const long StartMs = 1_768_142_570_000;

    public static void Run(IReadOnlyList<string> args)
    {
        var sizes = args.Select(static a => int.TryParse(a, CultureInfo.InvariantCulture, out var keys) ? keys : 0).Where(static k => k > 0).ToList();
        var name = args.FirstOrDefault(static a => !int.TryParse(a, CultureInfo.InvariantCulture, out _));
        // What everything uses is compiled then.
        Measure(OperatorCase.All[0], 10_000, isOnDisk: false);
        foreach (var keys in sizes.Count > 0 ? sizes : [1_000, 100_000, 1_000_000])
        {
            foreach (var isOnDisk in new[] { false, true })
            {
                Console.WriteLine($"\n{keys:N0} keys, {(isOnDisk ? "RocksDB" : "memory")}");
                Console.WriteLine("| operator | ns a record | CPU ns a record, all threads | bytes a record | accesses | ns an access | beside the tumbling count |");
                Console.WriteLine("|---|---|---|---|---|---|---|");
                var first = 0.0;
                foreach (var each in OperatorCase.All.Where(c => name is null || c == OperatorCase.All[0] || c.Name.Contains(name, StringComparison.Ordinal)))
                {
                    var (ns, cpu, bytes) = Measure(each, keys, isOnDisk);
                    if (first == 0)
                        first = ns / each.Accesses;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {each.Name} | {ns:0} | {cpu:0} | {bytes:0} | {each.Accesses} | {ns / each.Accesses:0} | {ns / each.Accesses / first:0.0} |"));
                }
            }
        }
    }

    private static (double Nanoseconds, double CpuNanoseconds, double Bytes) Measure(OperatorCase each, int keys, bool isOnDisk)
    {
        var builder = new StreamsBuilder();
        each.Build(builder);
        var topology = builder.Build();
        var directory = Directory.CreateTempSubdirectory("crashstreams-operators-").FullName;
        using var storage = isOnDisk ? new RocksDbState(new() { Directory = directory }) : null;
        var options = new StreamsOptions { ApplicationId = "app", Delivery = { CommitInterval = TimeSpan.FromMilliseconds(100) }, State = { Storage = storage } };
        var log = new ArenaLog(each.Topics, topology.RepartitionTopics.Keys.SingleOrDefault() is { } topic ? InternalTopics.FullName("app", topic, true) : null, partitions: 1);
        var warm = Math.Max(keys, 100_000) * each.Topics.Count;
        var measured = Math.Max(keys, FewestRecords / each.Topics.Count) * each.Topics.Count;
        Fill(log, keys, each.Topics.Count, warm + measured);
        using var admin = log.CreateAdmin("benchmark");
        var topics = InternalTopics.PrepareAsync(topology, options, admin, NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        using (var thread = new StreamThread("benchmark", topology, options, topics, log, TimeProvider.System, NullLogger.Instance))
        {
            thread.Start();
            while (log.Consumer.Handed < warm)
                thread.RunOnce();
            thread.RunOnce();
            GC.Collect();
            var (from, allocated, start, cpu) = (log.Consumer.Handed, GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            while (!log.Consumer.IsDrained)
                thread.RunOnce();
            thread.RunOnce();
            thread.Commit();
            thread.RunOnce();
            var records = log.Consumer.Handed - from;
            var result = (Stopwatch.GetElapsedTime(start).TotalNanoseconds / records, (Environment.CpuUsage.TotalTime - cpu).TotalNanoseconds / records, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)records);
            thread.Stop();
            storage?.Dispose();
            Directory.Delete(directory, recursive: true);
            return result;
        }
    }

    // Every key once a second of event time, in an order that is not that of the keys; with two topics in both, one behind the other.
    private static void Fill(ArenaLog log, int keys, int topics, int records)
    {
        Span<byte> key = stackalloc byte[12];
        Span<byte> value = stackalloc byte[8];
        for (var i = 0L; i < records; i++)
        {
            var at = i / topics;
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"user-{at * 7919 % keys:0000000}"), key);
            BinaryPrimitives.WriteInt64BigEndian(value, i);
            log.AddInput((int)(i % topics), new LogRecord { Key = key, HasKey = true, Value = value, HasValue = true, Timestamp = StartMs + (at * 1_000 / keys) });
        }
    }
}
