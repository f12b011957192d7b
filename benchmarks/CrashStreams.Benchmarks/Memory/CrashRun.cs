using CrashStreams.CrashMonitor;
using CrashStreams.Engine;
using CrashStreams.Log;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Benchmarks.Memory;

/// <summary>The crash monitor on an arena of generated lines: one stream thread with 12 tasks of each of its two sub-topologies.</summary>
internal sealed class CrashRun
{
    private const int Partitions = 12;

    private readonly Topology _topology;
    private readonly StreamsOptions _options;
    private readonly InternalTopics _topics;

    public CrashRun(int lines, double matchingShare, Topology? topology = null, StreamTime clock = StreamTime.Watermarks)
    {
        var monitor = new CrashMonitorOptions();
        // Kafka Streams' throttle of emission would leave most windows open in a run of a second: less work, not a cheaper clock.
        _topology = topology ?? CrashTopology.Build(monitor);
        _options = monitor.ToStreamsOptions() with { Time = new() { Clock = clock, ObservedEmitInterval = TimeSpan.Zero } };
        Log = new([monitor.InputTopic], InternalTopics.FullName(monitor.ApplicationId, _topology.RepartitionTopics.Keys.Single(), true), Partitions);
        var generator = new LoadGenerator(new() { Count = lines, MatchingShare = matchingShare, Start = DateTimeOffset.FromUnixTimeSeconds(1_768_142_570) }, Partitions);
        while (generator.TryNext(out var line))
            Log.AddInput(line.Partition, new LogRecord { Value = line.Value, HasValue = true, Timestamp = line.TimestampMs });
        using var admin = Log.CreateAdmin("benchmark");
        _topics = InternalTopics.PrepareAsync(_topology, _options, admin, NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
    }

    public ArenaLog Log { get; }

    /// <summary>A new application with its tasks made and nothing read.</summary>
    public StreamThread Start(TimeProvider? time = null)
    {
        Log.Rewind();
        var thread = new StreamThread("benchmark", _topology, _options, _topics, Log, time ?? TimeProvider.System, NullLogger.Instance);
        thread.Start();
        return thread;
    }

    /// <summary>Reads the whole input and what comes back of it. Answers how many records were written to other topics: alerts and changes of counts.</summary>
    public long Drain(StreamThread thread)
    {
        while (!Log.Consumer.IsDrained)
            thread.RunOnce();
        thread.RunOnce();
        thread.Commit();
        thread.RunOnce();
        return Log.Producer.Others;
    }
}
