using CrashStreams.Plan;
using CrashStreams.Telemetry;
using CrashStreams.Time;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>Makes a thread's tasks, or takes its warm copies for them.</summary>
internal sealed class TaskMaker(
    Topology topology, StreamsOptions options, InternalTopics topics, RecordCollector collector, ApplicationMeter meter, GlobalTables? globals, StartPositions positions, TurnOwner owner, TimeProvider time,
    ILogger logger)
{
    /// <summary>The thread's warm copies; null without any.</summary>
    public Standbys? Standbys { get; set; }

    /// <summary>A task to run: the warm copy, if there is one.</summary>
    public StreamTask Take(TaskId id, TaskLayout tasks)
    {
        var task = Standbys?.Take(id) is { } warm && !Rebuilds(warm) ? warm : Make(id, tasks);
        // A warm copy was made some time ago: its inputs are quiet from now on, not from then.
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var clock in task.Inputs.Select(i => i.Clock).OfType<SourceClock>())
            clock.LastActivityMs = nowMs;
        return task;
    }

    public StreamTask Make(TaskId id) => Make(id, topics.TasksOf(topology.SubTopologies.First(s => s.Id == id.SubTopology)));

    private StreamTask Make(TaskId id, TaskLayout tasks)
    {
        var context = new TaskContext(id, options, time, collector, meter) { Globals = globals, Owner = owner };
        return new(context, tasks, topology.HorizonMs, topics.WritersOf)
        {
            Local = options.State.Storage is { } state && context.Stores.Count > 0 ? new(state, options.ApplicationId, id, context.Stores, time, logger) : null,
        };
    }

    // What a warm copy has read is what the rebuild is to be without.
    private bool Rebuilds(StreamTask warm)
    {
        if (!warm.Inputs.Any(i => positions.IsRebuild(i.Partition)))
            return false;
        warm.Close();
        warm.Local?.Close(isInOrder: true);
        return true;
    }
}
