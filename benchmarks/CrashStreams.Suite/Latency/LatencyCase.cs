using System.Buffers.Binary;
using CrashStreams.Log;

namespace CrashStreams.Suite.Latency;

/// <summary>An application whose delay is measured, and how its output tells which records of the input are done.</summary>
internal abstract class LatencyCase
{
    public static IReadOnlyList<LatencyCase> All { get; } = [new OneHop(), new RekeyedCount(), new FinalResult()];

    public abstract string Name { get; }

    public abstract Topology Build(string input, string output);

    /// <summary>How many results the whole load brings, without those that would come only when inputs are idle.</summary>
    public virtual long ResultsOf(OpenLoop load) => load.Total;

    /// <summary>The topics that an application makes for itself.</summary>
    public static IReadOnlyList<string> OwnTopics(string application) => [$"{application}-instances", $"{application}-by-user-repartition", $"{application}-counts-changelog", $"{application}-final-store-changelog"];

    /// <summary>The input record that had to come before a result.</summary>
    public abstract long Awaited(in LogRecord output, OpenLoop load);
}

/// <summary>One stateless operator: a record in, a record out.</summary>
internal sealed class OneHop : LatencyCase
{
    public override string Name => "one hop";

    public override Topology Build(string input, string output)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], long>(input).MapValues(static number => number).To(output);
        return builder.Build();
    }

    public override long Awaited(in LogRecord output, OpenLoop load) => BinaryPrimitives.ReadInt64BigEndian(output.Value);
}

/// <summary>Records get a new key, go through a repartition topic and are counted; each change of a count is a result.</summary>
internal sealed class RekeyedCount : LatencyCase
{
    public override string Name => "re-keyed count";

    public override Topology Build(string input, string output)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], long>(input)
            .GroupBy(static (_, number) => OpenLoop.UserOf(number), new() { Name = "by-user", KeySerde = Serdes.Int64, ValueSerde = Serdes.Int64 })
            .Count("counts")
            .ToStream()
            .To(output, new() { KeySerde = Serdes.Int64, ValueSerde = Serdes.Int64 });
        return builder.Build();
    }

    // A user's records are in one partition, so the count n is the user's n-th record's.
    public override long Awaited(in LogRecord output, OpenLoop load) => OpenLoop.NumberOf(BinaryPrimitives.ReadInt64BigEndian(output.Key), BinaryPrimitives.ReadInt64BigEndian(output.Value));
}

/// <summary>The same in windows of a second, of which only the final result is written, once a window has closed.</summary>
internal sealed class FinalResult : LatencyCase
{
    private const long WindowMs = 1_000;

    public override string Name => "final result";

    public override Topology Build(string input, string output)
    {
        var builder = new StreamsBuilder();
        builder.Stream<byte[], long>(input)
            .GroupBy(static (_, number) => OpenLoop.UserOf(number), new() { Name = "by-user", KeySerde = Serdes.Int64, ValueSerde = Serdes.Int64 })
            .WindowedBy(TimeWindows.OfSizeAndGrace(TimeSpan.FromMilliseconds(WindowMs), TimeSpan.Zero))
            .Count("counts")
            .Suppress(Suppressed.UntilWindowCloses(), "final")
            .ToStream()
            .Map(static (user, _) => (user.Key, user.Window.EndMs))
            .To(output, new() { KeySerde = Serdes.Int64, ValueSerde = Serdes.Int64 });
        return builder.Build();
    }

    public override long ResultsOf(OpenLoop load)
    {
        var results = 0L;
        for (var endMs = (load.StartMs / WindowMs * WindowMs) + WindowMs; load.FirstOf(endMs) + OpenLoop.Partitions - 1 < load.Total; endMs += WindowMs)
            results += Math.Min(OpenLoop.Users, load.FirstOf(endMs) - load.FirstOf(endMs - WindowMs));
        return results;
    }

    // The window closes when every partition has a record behind its end.
    public override long Awaited(in LogRecord output, OpenLoop load) => load.FirstOf(BinaryPrimitives.ReadInt64BigEndian(output.Value)) + OpenLoop.Partitions - 1;
}
