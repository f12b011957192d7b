using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>Reads one topic, or several as one; sometimes with a prefilter, or event times that are not the records' own.</summary>
internal sealed class Source : Operator, IEntry
{
    private const int ShiftMs = 137;

    private readonly bool _isShifted;
    private readonly bool _isTimeInBytes;
    private readonly bool _hasPrefilter;

    /// <param name="sketch">Where it is drawn.</param>
    /// <param name="width">The number of partitions; drawn by default.</param>
    public Source(Sketch sketch, int? width = null)
        : base(sketch)
    {
        var random = sketch.Random;
        var (topics, partitions) = (random.Chance(0.2) ? 2 : 1, random.Between(1, 4));
        partitions = width ?? partitions;
        SourceTopics = Enumerable.Range(0, topics).ToDictionary(t => $"in-{Id}-{t}", _ => partitions);
        IsKeyed = random.Chance(0.5);
        (_isShifted, _isTimeInBytes, _hasPrefilter) = (random.Chance(0.2), random.Chance(0.5), random.Chance(0.2));
        // A record that is rejected unparsed still has to move the clock.
        _hasPrefilter &= !_isShifted || _isTimeInBytes;
        AddOutput(EdgeKind.Stream, new() { IsOrdered = topics == 1, IsKeyed = IsKeyed && topics == 1 });
    }

    public override IReadOnlyDictionary<string, int> SourceTopics { get; }

    /// <summary>Whether records are in the partition of their key.</summary>
    public bool IsKeyed { get; }

    public override string Text =>
        $"source {string.Join(" and ", SourceTopics.Select(static t => $"{t.Key}[{t.Value}]"))}{(IsKeyed ? " keyed" : "")}{(_isShifted ? ", times shifted" : "")}{(_hasPrefilter ? ", prefiltered" : "")}";

    public override void Build(Dsl dsl)
    {
        var consumed = new Consumed<string, string?>
        {
            Name = Name,
            TimestampExtractor = !_isShifted ? null
                : _isTimeInBytes ? new(static (in CrashStreams.Log.LogRecord record) => record.Timestamp - ShiftMs) : new(static (_, _, time) => time - ShiftMs),
            Prefilter = _hasPrefilter ? static (in CrashStreams.Log.LogRecord record) => record.HasValue : null,
        };
        var stream = SourceTopics.Count == 1 ? dsl.Builder.Stream(SourceTopics.Keys.Single(), consumed) : dsl.Builder.Stream(SourceTopics.Keys.ToList(), consumed);
        dsl.Set(Outputs[0], _hasPrefilter ? stream.Filter(static (_, value) => value is not null) : stream);
    }

    /// <summary>A record's event time; where it is read from key and value, malformed ones have none.</summary>
    public long TimeOf(SourceEntry entry) => !_isShifted ? entry.Timestamp : entry.IsMalformed && !_isTimeInBytes ? -1 : entry.Timestamp - ShiftMs;

    public bool Reads(SourceEntry entry) => !_hasPrefilter || entry.HasValue;

    /// <summary>Whether a record goes on; all of them move the clock.</summary>
    public bool Takes(SourceEntry entry) => !_hasPrefilter || entry.Value is not null;

    public void Enter(Ideal run, int partition, Item item) => run.Emit(Outputs[0], partition, item);

    public override void Take(Ideal run, int input, int partition, Item item) => throw new NotSupportedException("Nothing is in front of a source.");
}
