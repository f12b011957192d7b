using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using CrashStreams.Telemetry;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// What an application's threads look like at a moment. A collector's thread reads what they publish once per turn: single words, which may be a turn old; a record costs
/// nothing more.
/// </summary>
internal sealed class EngineGauges : IDisposable
{
    private readonly ApplicationMeter _meter;

    // Stream threads come and go while collectors read. Weak: one that ended without being disposed of must not keep its tasks and stores alive.
    private readonly ConditionalWeakTable<StreamThread, object?> _threads = [];

    public EngineGauges(string application, IMeterFactory? factory)
    {
        _meter = new(application, factory);
        var meter = _meter.Meter;
        meter.CreateObservableGauge("crashstreams.watermark.lag", WatermarkLags, "ms", "Wall clock minus the watermark of an input partition. For a repartition topic: the lowest of its writers.");
        meter.CreateObservableGauge("crashstreams.windows.oldest_open.age", OldestOpen, "ms", "Wall clock minus the start of the oldest window that a task has not closed.");
        meter.CreateObservableGauge("crashstreams.partitions.idle", Idle, "{partition}", "Input partitions that nobody waits for, because they have nothing to say.");
        meter.CreateObservableGauge("crashstreams.consumer.lag", Lags, "{record}", "Offsets between the next record that a running task processes and the partition's end, as last told by the broker.");
        meter.CreateObservableGauge("crashstreams.tasks", Tasks, "{task}", "Tasks of a thread: running, restoring, and warm copies of other instances' tasks (standby).");
        meter.CreateObservableGauge("crashstreams.buffer.records", Buffered, "{record}", "Records that wait in memory for an input that is behind.");
        meter.CreateObservableGauge("crashstreams.cache.size", Cached, "By", "What a task's stores hold in memory, as of its last commit.");
        meter.CreateObservableGauge("crashstreams.cache.dirty", Dirty, "By", "What a task's last commit wrote of its stores.");
        meter.CreateObservableGauge("crashstreams.standby.lag", StandbyLags, "{record}", "Offsets of its changelogs that the warm copy of a task has not read yet.");
    }

    /// <summary>What is counted while records pass.</summary>
    public ApplicationMeter Counts => _meter;

    /// <summary>Shows what the application is doing: 1, with the activity as a tag.</summary>
    public void Show(Func<ApplicationActivity> activity) => _meter.Meter.CreateObservableGauge(
        "crashstreams.application.status", () => new Measurement<long>(1, App, new("activity", $"{activity()}")), "1", "1 for what the application is doing now.");

    public void Add(StreamThread thread) => _threads.AddOrUpdate(thread, null);

    public void Remove(StreamThread thread) => _threads.Remove(thread);

    public void Dispose() => _meter.Dispose();

    private KeyValuePair<string, object?> App => new("application", _meter.Application);

    private IEnumerable<Measurement<long>> WatermarkLags() =>
        from thread in Threads()
        from input in Inputs(thread)
        where input.Published.Watermark != TaskClock.Unknown
        select Of(input, thread.NowMs() - input.Published.Watermark);

    private IEnumerable<Measurement<long>> OldestOpen() =>
        from thread in Threads()
        from task in thread.Tasks
        where task.OldestOpenStart != long.MaxValue
        select Of(thread, task.Id, thread.NowMs() - task.OldestOpenStart);

    private IEnumerable<Measurement<long>> Idle() =>
        from input in Threads().SelectMany(Inputs)
        group input by input.Partition.Topic into inputs
        select new Measurement<long>(inputs.Count(i => i.Published.IsIdle), App, new("topic", inputs.Key));

    private IEnumerable<Measurement<long>> Lags() =>
        from input in Threads().SelectMany(Inputs)
        where input.Lag >= 0
        select Of(input, input.Lag);

    private IEnumerable<Measurement<long>> Tasks()
    {
        foreach (var thread in Threads())
        {
            var (running, assigned) = thread.TaskCounts;
            yield return Of("running", running);
            yield return Of("restoring", assigned - running);
            yield return Of("standby", thread.StandbyLags.Count);

            Measurement<long> Of(string state, long count) => new(count, App, new("thread", thread.Tag), new("state", state));
        }
    }

    private IEnumerable<Measurement<long>> Buffered() =>
        from input in Threads().SelectMany(Inputs)
        where input.Task.Inputs.Count > 1
        select Of(input, input.BufferedRecords);

    private IEnumerable<Measurement<long>> Cached() =>
        from thread in Threads() from task in thread.Tasks where task.Context.Stores.Count > 0 select Of(thread, task.Id, task.PublishedCache.Bytes);

    private IEnumerable<Measurement<long>> Dirty() =>
        from thread in Threads() from task in thread.Tasks where task.Context.Stores.Count > 0 select Of(thread, task.Id, task.PublishedCache.Dirty);

    private IEnumerable<Measurement<long>> StandbyLags() =>
        from thread in Threads() from told in thread.StandbyLags select Of(thread, told.Task, told.Records);

    private Measurement<long> Of(InputPartition input, long value) => new(value, App, new("topic", input.Partition.Topic), new("partition", input.Partition.Partition));

    private Measurement<long> Of(StreamThread thread, TaskId task, long value) => new(value, App, new("thread", thread.Tag), new("task", task.ToString()));

    private IEnumerable<StreamThread> Threads() => _threads.Select(static t => t.Key);

    private static IEnumerable<InputPartition> Inputs(StreamThread thread) => thread.Tasks.SelectMany(static t => t.Inputs);
}
