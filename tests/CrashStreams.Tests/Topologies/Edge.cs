namespace CrashStreams.Tests.Topologies;

/// <summary>What flows along an edge of a topology: streams of text, and tables of numbers by text or by text and window.</summary>
internal enum EdgeKind
{
    /// <summary><c>KStream&lt;string, string?&gt;</c>; values are decimal numbers as text, or tombstones.</summary>
    Stream,

    /// <summary><c>KTable&lt;string, long&gt;</c>.</summary>
    Table,

    /// <summary><c>KTable&lt;Windowed&lt;string&gt;, long&gt;</c>.</summary>
    WindowedTable,

    /// <summary><c>KGroupedTable&lt;string, long&gt;</c>: what enters and leaves groups.</summary>
    GroupedTable,

    /// <summary><c>KTable&lt;string, string?&gt;</c> with a history, which a join reads.</summary>
    History,
}

/// <summary>An output of an operator, which any number of operators may read.</summary>
/// <param name="From">The operator.</param>
/// <param name="Port">Which of its outputs.</param>
/// <param name="Kind">What flows along it.</param>
/// <param name="Traits">What of it does not depend on the order between partitions.</param>
internal sealed record Edge(Operator From, int Port, EdgeKind Kind, Traits Traits)
{
    /// <summary>Of a windowed table: its windows.</summary>
    public Windows? Windows { get; init; }

    public override string ToString() => Port == 0 ? From.Name : $"{From.Name}.{Port}";
}

/// <summary>Windows as they were drawn, in milliseconds.</summary>
/// <param name="SizeMs">From start to end.</param>
/// <param name="AdvanceMs">From start to start.</param>
/// <param name="GraceMs">From end to closing.</param>
/// <param name="IsFinal">Whether each gives one result, when it closes.</param>
internal record Windows(int SizeMs, int AdvanceMs, int GraceMs, bool IsFinal)
{
    public long ClosesAt(long startMs) => EndOf(startMs) + GraceMs;

    public virtual long EndOf(long startMs) => startMs + SizeMs;

    /// <summary>The starts of all windows that hold a time.</summary>
    public virtual IEnumerable<long> StartsOf(long timeMs)
    {
        for (var start = 0L; start <= timeMs; start += AdvanceMs)
        {
            // A long way up from zero: whole windows are skipped.
            if (start + SizeMs <= timeMs)
                start += Math.Max(0, (timeMs - start - SizeMs) / AdvanceMs * AdvanceMs);
            if (start + SizeMs > timeMs)
                yield return start;
        }
    }

    /// <summary>Makes them with the DSL.</summary>
    /// <param name="grouped">The stream.</param>
    /// <param name="hasFault">A planted fault: they close a while too late.</param>
    public virtual TimeWindowedKStream<string, TValue> Of<TValue>(KGroupedStream<string, TValue> grouped, bool hasFault = false) => grouped.WindowedBy(ToDsl(hasFault));

    /// <summary>The same, of several streams.</summary>
    public virtual TimeWindowedCogroupedKStream<string, TAggregate> Of<TAggregate>(CogroupedKStream<string, TAggregate> cogrouped) => cogrouped.WindowedBy(ToDsl(hasFault: false));

    /// <summary>Reads keys in them.</summary>
    public virtual Serde<Windowed<string>> Keys => Serdes.TimeWindowed(Serdes.String, TimeSpan.FromMilliseconds(SizeMs));

    /// <summary>As windows of one length, for operators that want those.</summary>
    public TimeWindows ToDsl(bool hasFault) =>
        TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(SizeMs), TimeSpan.FromMilliseconds(hasFault ? GraceMs + 1_000 : GraceMs)).AdvanceBy(TimeSpan.FromMilliseconds(AdvanceMs));

    public override string ToString() => $"{SizeMs}/{AdvanceMs} ms, grace {GraceMs}{(IsFinal ? ", final" : "")}";
}
