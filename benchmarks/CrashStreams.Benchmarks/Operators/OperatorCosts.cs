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
/// there before the measurement begins; most come once more in it, or several times. The log is an arena: no port allocates for a record. A commit comes after so many records, whatever they took: operators are compared at
/// the same rate. All are measured in turn, and the fastest of some rounds counts: what disturbs a round only makes it slower, and in the first one code is still compiled.
/// </summary>
internal static class OperatorCosts
{
    private const int FewestRecords = 300_000;
    private const int MostRecords = 2_000_000;

    // 100 ms at 500,000 records/s.
    private const int RecordsPerCommit = 50_000;
    private const long StartMs = 1_768_142_570_000;

    public static void Run(IReadOnlyList<string> args)
    {
        var sizes = args.Select(static a => int.TryParse(a, CultureInfo.InvariantCulture, out var keys) ? keys : 0).Where(static k => k > 0).ToList();
        var names = args.Where(static a => !int.TryParse(a, CultureInfo.InvariantCulture, out _)).ToList();
        var storages = new[] { "memory", "RocksDB" }.Where(s => names.Contains(s) || !names.Exists(static n => n is "memory" or "RocksDB")).ToList();
        var rounds = names.Find(static n => n.StartsWith("x", StringComparison.Ordinal)) is { } x && int.TryParse(x[1..], CultureInfo.InvariantCulture, out var given) ? given : 3;
        names.RemoveAll(static n => n is "memory" or "RocksDB" || n.StartsWith("x", StringComparison.Ordinal));
        foreach (var keys in sizes.Count > 0 ? sizes : [1_000, 100_000, 1_000_000])
        {
            foreach (var storage in storages)
                Compare(keys, storage == "RocksDB", [.. OperatorCase.All.Where(c => names.Count == 0 || c == OperatorCase.All[0] || names.Exists(n => c.Name.Contains(n, StringComparison.Ordinal)))], rounds);
        }
    }

    private static void Compare(int keys, bool isOnDisk, List<OperatorCase> cases, int rounds)
    {
        var best = cases.ConvertAll(static _ => (Nanoseconds: double.MaxValue, Cpu: 0.0, Bytes: 0.0));
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < cases.Count; i++)
            {
                var measured = Measure(cases[i], keys, isOnDisk);
                if (measured.Nanoseconds < best[i].Nanoseconds)
                    best[i] = measured;
            }
        }

        Console.WriteLine($"\n{keys:N0} keys, {(isOnDisk ? "RocksDB" : "memory")}, the fastest of {rounds} rounds");
        Console.WriteLine("| operator | ns a record | CPU ns a record, all threads | bytes a record | accesses | ns an access | beside the tumbling count |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var first = best[0].Nanoseconds / cases[0].Accesses;
        foreach (var (each, (ns, cpu, bytes)) in cases.Zip(best))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {each.Name} | {ns:0} | {cpu:0} | {bytes:0} | {each.Accesses} | {ns / each.Accesses:0} | {ns / each.Accesses / first:0.0} |"));
    }

    private static (double Nanoseconds, double Cpu, double Bytes) Measure(OperatorCase each, int keys, bool isOnDisk)
    {
        var builder = new StreamsBuilder();
        each.Build(builder);
        var topology = builder.Build();
        var directory = Directory.CreateTempSubdirectory("crashstreams-operators-").FullName;
        using var storage = isOnDisk ? new RocksDbState(new() { Directory = directory }) : null;
        var options = new StreamsOptions { ApplicationId = "app", Delivery = { CommitInterval = TimeSpan.FromHours(1) }, State = { Storage = storage } };
        var log = new ArenaLog(each.Topics, topology.RepartitionTopics.Keys.SingleOrDefault() is { } topic ? InternalTopics.FullName("app", topic, true) : null, partitions: 1);
        var warm = Math.Max(keys, 100_000) * each.Topics.Count;
        var measured = Math.Clamp(keys, FewestRecords / each.Topics.Count, MostRecords) * each.Topics.Count;
        Fill(log, keys, each.Topics.Count, warm + measured);
        using var admin = log.CreateAdmin("benchmark");
        var topics = InternalTopics.PrepareAsync(topology, options, admin, NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        using (var thread = new StreamThread("benchmark", topology, options, topics, log, TimeProvider.System, NullLogger.Instance))
        {
            thread.Start();
            Process(thread, log, warm);
            GC.Collect();
            var (from, allocated, start, cpu) = (log.Consumer.Handed, GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            Process(thread, log, warm + measured);
            var records = log.Consumer.Handed - from;
            var result = (Stopwatch.GetElapsedTime(start).TotalNanoseconds / records, (Environment.CpuUsage.TotalTime - cpu).TotalNanoseconds / records, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)records);
            thread.Stop();
            storage?.Dispose();
            Directory.Delete(directory, recursive: true);
            return result;
        }
    }

    private static void Process(StreamThread thread, ArenaLog log, int through)
    {
        var committed = log.Consumer.Handed;
        while (log.Consumer.Handed < through)
        {
            thread.RunOnce();
            if (log.Consumer.Handed - committed < RecordsPerCommit)
                continue;
            committed = log.Consumer.Handed;
            thread.Commit();
        }

        thread.RunOnce();
        thread.Commit();
        thread.RunOnce();
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
