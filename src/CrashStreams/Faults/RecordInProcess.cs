using System.Diagnostics;
using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Faults;

/// <summary>
/// Where the record in process comes from, and its bytes: needed only when something is wrong with it, so they are looked up again then.
/// </summary>
internal sealed class RecordInProcess
{
    private LogBatch? _batch;
    private int _index;

    public string Topic { get; private set; } = "";

    public int Partition { get; private set; } = -1;

    public long Offset { get; private set; } = -1;

    public Headers? Headers { get; set; }

    public bool HasBytes => _batch is not null;

    /// <summary>Whether it comes from a topic that other applications write.</summary>
    public bool IsFromSource { get; set; }

    /// <summary>What it took along through a shuffle: see <see cref="Time.ReadAt"/>.</summary>
    public byte[]? ReadAt { get; set; }

    /// <summary>Where it was read from a source topic; null for results, and for records that took nothing along.</summary>
    public SourcePosition? Source => HasSeveralSources ? null : IsFromSource ? new(Topic, Partition, Offset) : Time.ReadAt.Source(ReadAt);

    /// <summary>Whether it was read earlier and has waited for something since: others were read in between.</summary>
    public bool HasWaited { get; private set; }

    /// <summary>Whether it is the result of a call, which may be done before or behind others of the same source record.</summary>
    public bool IsUnordered { get => field || Time.ReadAt.IsUnordered(ReadAt); set; }

    /// <summary>What is forwarded is made of this record and another: neither of the two is where it was read, whichever comes last.</summary>
    public bool HasSeveralSources { get; set; }

    /// <summary>The span of the record; null while nobody listens, and for what is no record.</summary>
    public Activity? Activity { get; set; }

    /// <summary>The record as it was read. Only while it is in process.</summary>
    public LogRecord Bytes => _batch![_index];

    public void Set(LogBatch batch, int index, in TopicPartition partition, in LogRecord record)
    {
        // References are mostly those of the record before, and comparing them is cheaper than telling the garbage collector.
        if (!ReferenceEquals(_batch, batch))
            _batch = batch;
        if (!ReferenceEquals(Topic, partition.Topic))
            Topic = partition.Topic;
        if (!ReferenceEquals(Headers, record.Headers))
            Headers = record.Headers;
        _index = index;
        Partition = partition.Partition;
        Offset = record.Offset;
        IsFromSource = false;
        ReadAt = null;
        HasSeveralSources = false;
        HasWaited = IsUnordered = false;
        Activity = null;
    }

    /// <summary>A record that has waited is processed now: its bytes are gone, where it was read from a source topic is known.</summary>
    public void Resume(in SourcePosition? source, Headers? headers)
    {
        Clear();
        Headers = headers;
        if (source is not { } position)
            return;
        (Topic, Partition, Offset) = (position.Topic, position.Partition, position.Offset);
        IsFromSource = HasWaited = true;
    }

    /// <summary>A copy of what is known of the record, for when its turn comes again.</summary>
    public KeptRecord Keep() => new(HasBytes ? Bytes : new() { Offset = Offset }, new(Topic, Partition))
    {
        HasBytes = HasBytes, IsFromSource = IsFromSource, ReadAt = ReadAt, HasSeveralSources = HasSeveralSources, HasWaited = HasWaited, IsUnordered = IsUnordered, ForwardedHeaders = Headers, Activity = Activity,
    };

    /// <summary>A record that was kept is processed again.</summary>
    /// <param name="kept">The copy.</param>
    /// <param name="hasWaited">Whether it has waited for something meanwhile; else it is what was in process just before.</param>
    public void Restore(KeptRecord kept, bool hasWaited)
    {
        Set(kept, 0, kept.Partition, kept[0]);
        if (!kept.HasBytes)
            _batch = null;
        (IsFromSource, ReadAt, HasSeveralSources, Headers, Activity) = (kept.IsFromSource, kept.ReadAt, kept.HasSeveralSources, kept.ForwardedHeaders, kept.Activity);
        (HasWaited, IsUnordered) = (hasWaited || kept.HasWaited, kept.IsUnordered);
    }

    public void Clear()
    {
        _batch = null;
        Topic = "";
        Partition = -1;
        Offset = -1;
        Headers = null;
        IsFromSource = false;
        ReadAt = null;
        HasSeveralSources = false;
        HasWaited = IsUnordered = false;
        Activity = null;
    }

    public override string ToString() => Topic.Length == 0 ? "punctuation" : $"topic {Topic}, partition {Partition}, offset {Offset}";
}
