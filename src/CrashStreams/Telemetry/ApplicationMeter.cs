using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace CrashStreams.Telemetry;

/// <summary>
/// An application's meter, and what is counted while records pass. Per record only fields are written (<see cref="RecordCount"/>); instruments are told per drop, per batch or per commit,
/// and nothing at all without a listener.
/// </summary>
internal sealed class ApplicationMeter : IDisposable
{
    // Seconds. Commits and polls take a millisecond to some seconds, a record may be days old.
    private static readonly InstrumentAdvice<double> _durations = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };
    private static readonly InstrumentAdvice<double> _ages = new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400] };

    // Stream threads look up their counts when they get a partition; collectors read.
    private readonly ConcurrentDictionary<(string Topic, int Partition), RecordCount> _read = [];
    private readonly ConcurrentDictionary<(string Thread, string Topic), RecordCount> _written = [];
    private readonly ConcurrentDictionary<string, ThreadTime> _times = [];
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _rebalances;
    private readonly Counter<long> _restarts;
    private readonly Counter<long> _restored;
    private readonly UpDownCounter<long> _toRestore;
    private readonly Histogram<double> _restores;
    private readonly Histogram<double> _commits;
    private readonly Histogram<double> _polls;
    private readonly Histogram<double> _latency;

    public ApplicationMeter(string application, IMeterFactory? factory)
    {
        Application = application;
        // The tag tells applications of one process apart where collectors go by the meter: each has the same instruments.
        var options = new MeterOptions(StreamsTelemetry.MeterName) { Tags = [new("application", application)] };
        Meter = factory?.Create(options) ?? new(options);
        Meter.CreateObservableCounter("messaging.client.consumed.messages", Consumed, "{message}", "Records of input partitions that tasks have taken, markers of event time included.");
        Meter.CreateObservableCounter("messaging.client.sent.messages", Sent, "{message}", "Records handed to the producer: results, changelog entries, markers and dead letters.");
        _polls = Meter.CreateHistogram("messaging.client.operation.duration", "s", "How long a thread's polls for records took, waits included.", advice: _durations);
        Meter.CreateObservableCounter("crashstreams.records.processed", Processed, "{record}", "Records that entered a task's operators, by input partition.");
        Meter.CreateObservableCounter("crashstreams.records.processed.bytes", ProcessedBytes, "By", "Keys and values of these records.");
        Meter.CreateObservableCounter("crashstreams.records.sent.bytes", SentBytes, "By", "Keys and values of records handed to the producer.");
        _latency = Meter.CreateHistogram("crashstreams.records.latency", "s", "Wall clock minus record time when a batch was processed, for the last record of each input partition in it.", advice: _ages);
        _dropped = Meter.CreateCounter<long>("crashstreams.records.dropped", "{record}", "Records that were not processed, by reason, node and the topic that the task read them from.");
        _lost = Meter.CreateCounter<long>("crashstreams.records.lost", "{record}", "Records that retention deleted before they were read.");
        _commits = Meter.CreateHistogram("crashstreams.commit.duration", "s", "How long a thread's commits took: results, changelogs, offsets, local state.", advice: _durations);
        _rebalances = Meter.CreateCounter<long>("crashstreams.rebalances", "{rebalance}", "Changes of a thread's assignment: assigned, revoked or lost.");
        _restarts = Meter.CreateCounter<long>("crashstreams.thread.restarts", "{restart}", "Threads that met a passing fault and began again from what is committed.");
        Meter.CreateObservableCounter("crashstreams.thread.time", Times, "s", "What a thread's time went into: poll (waiting included), process, commit, other.");
        _restored = Meter.CreateCounter<long>("crashstreams.restore.records", "{record}", "Records restored from changelogs.");
        _toRestore = Meter.CreateUpDownCounter<long>("crashstreams.restore.remaining", "{record}", "Offsets of changelogs that are still to be restored.");
        _restores = Meter.CreateHistogram("crashstreams.restore.duration", "s", "How long restores of a thread's tasks took.", advice: _ages);
    }

    public string Application { get; }

    /// <summary>For instruments that observe what is below the engine.</summary>
    public Meter Meter { get; }

    /// <summary>Whether anybody wants to know how old records are.</summary>
    public bool WantsLatency => _latency.Enabled;

    /// <summary>The count of an input partition, the same in all lives of the threads that read it.</summary>
    public RecordCount Read(string topic, int partition) => _read.GetOrAdd((topic, partition), static _ => new());

    /// <summary>The count of what a thread writes to a topic.</summary>
    public RecordCount Written(string thread, string topic) => _written.GetOrAdd((thread, topic), static _ => new());

    public ThreadTime TimeOf(string thread, TimeProvider time) => _times.GetOrAdd(thread, _ => new(time));

    public void Dropped(string reason, string node, string topic)
    {
        if (_dropped.Enabled)
            _dropped.Add(1, [App, new("reason", reason), new("node", node), new("topic", topic)]);
    }

    public void Lost(string topic, int partition, long count) => _lost.Add(count, [App, new("topic", topic), new("partition", partition)]);

    public void Rebalanced(string thread, string kind) => _rebalances.Add(1, [App, new("thread", thread), new("kind", kind)]);

    public void Restarted(string thread) => _restarts.Add(1, [App, new("thread", thread)]);

    public void Restoring(string thread, long remaining, long records)
    {
        _toRestore.Add(remaining, [App, new("thread", thread)]);
        _restored.Add(records, [App, new("thread", thread)]);
    }

    public void Restored(string thread, TimeSpan took) => _restores.Record(took.TotalSeconds, [App, new("thread", thread)]);

    public void Committed(string thread, TimeSpan took) => _commits.Record(took.TotalSeconds, [App, new("thread", thread)]);

    public void Polled(TimeSpan took)
    {
        if (_polls.Enabled)
            _polls.Record(took.TotalSeconds, [new("messaging.system", "kafka"), new("messaging.operation.name", "poll"), new("messaging.operation.type", "receive"), new("messaging.consumer.group.name", Application)]);
    }

    public void Latency(string topic, double seconds) => _latency.Record(seconds, [App, new("topic", topic)]);

    public void Dispose() => Meter.Dispose();

    private KeyValuePair<string, object?> App => new("application", Application);

    private IEnumerable<Measurement<long>> Consumed() => _read.Select(read => new Measurement<long>(
        read.Value.Records + read.Value.Markers,
        new("messaging.system", "kafka"), new("messaging.operation.name", "poll"), new("messaging.consumer.group.name", Application),
        new("messaging.destination.name", read.Key.Topic), new("messaging.destination.partition.id", $"{read.Key.Partition}")));

    private IEnumerable<Measurement<long>> Sent() => _written.GroupBy(static written => written.Key.Topic).Select(topic => new Measurement<long>(
        topic.Sum(static written => written.Value.Records),
        new("messaging.system", "kafka"), new("messaging.operation.name", "send"), new("messaging.destination.name", topic.Key), new("application", Application)));

    private IEnumerable<Measurement<long>> Processed() =>
        _read.Select(read => new Measurement<long>(read.Value.Records, App, new("topic", read.Key.Topic), new("partition", read.Key.Partition)));

    private IEnumerable<Measurement<long>> ProcessedBytes() =>
        _read.Select(read => new Measurement<long>(read.Value.Bytes, App, new("topic", read.Key.Topic), new("partition", read.Key.Partition)));

    private IEnumerable<Measurement<long>> SentBytes() =>
        _written.Select(written => new Measurement<long>(written.Value.Bytes, App, new("thread", written.Key.Thread), new("topic", written.Key.Topic)));

    private IEnumerable<Measurement<double>> Times()
    {
        foreach (var (thread, time) in _times)
        {
            yield return Of("poll", time.PollSeconds);
            yield return Of("process", time.ProcessSeconds);
            yield return Of("commit", time.CommitSeconds);
            yield return Of("other", time.OtherSeconds);

            Measurement<double> Of(string activity, double seconds) => new(seconds, App, new("thread", thread), new("activity", activity));
        }
    }
}
