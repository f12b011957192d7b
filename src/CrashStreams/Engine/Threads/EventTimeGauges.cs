using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// How far event time has come (Watermarks clock). A collector's thread reads what tasks publish once per turn: single words, which may be a turn old;
/// a record costs nothing more.
/// </summary>
internal static class EventTimeGauges
{
    // Stream threads come and go while collectors read. Weak: one that ended without being disposed of must not keep its tasks and stores alive.
    private static readonly ConditionalWeakTable<StreamThread, object?> _threads = [];

    static EventTimeGauges()
    {
        var meter = StreamsMetrics.Meter;
        meter.CreateObservableGauge(
            "crashstreams.watermark.lag", Lags, unit: "ms", description: "Wall clock minus the watermark of an input partition. For a repartition topic: the lowest of its writers.");
        meter.CreateObservableGauge(
            "crashstreams.windows.oldest_open.age", OldestOpen, unit: "ms", description: "Wall clock minus the start of the oldest window that a task has not closed.");
        meter.CreateObservableGauge(
            "crashstreams.partitions.idle", Idle, unit: "{partition}", description: "Input partitions that nobody waits for, because they have nothing to say.");
    }

    public static void Add(StreamThread thread) => _threads.AddOrUpdate(thread, null);

    public static void Remove(StreamThread thread) => _threads.Remove(thread);

    private static IEnumerable<Measurement<long>> Lags() =>
        from thread in _threads.Select(static t => t.Key)
        from input in Inputs(thread)
        where input.Published.Watermark != TaskClock.Unknown
        select new Measurement<long>(
            thread.NowMs() - input.Published.Watermark,
            new("application", thread.ApplicationId), new("topic", input.Partition.Topic), new("partition", input.Partition.Partition));

    private static IEnumerable<Measurement<long>> OldestOpen() =>
        from thread in _threads.Select(static t => t.Key)
        from task in thread.Tasks
        where task.OldestOpenStart != long.MaxValue
        select new Measurement<long>(thread.NowMs() - task.OldestOpenStart, new("application", thread.ApplicationId), new("task", task.Id.ToString()));

    private static IEnumerable<Measurement<long>> Idle() =>
        from thread in _threads.Select(static t => t.Key)
        from input in Inputs(thread)
        group input by (thread.ApplicationId, input.Partition.Topic) into inputs
        select new Measurement<long>(inputs.Count(i => i.Published.IsIdle), new("application", inputs.Key.ApplicationId), new("topic", inputs.Key.Topic));

    private static IEnumerable<InputPartition> Inputs(StreamThread thread) => thread.Tasks.SelectMany(t => t.Inputs);
}
