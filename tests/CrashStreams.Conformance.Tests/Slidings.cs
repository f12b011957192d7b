using static CrashStreams.Conformance.Tests.Aggregations;

namespace CrashStreams.Conformance.Tests;

/// <summary>Sliding windows.</summary>
internal static class Slidings
{
    public static void Count(StreamsBuilder builder, Vector vector) => Counted(builder, vector).ToStream().To("out");

    public static void CountSuppress(StreamsBuilder builder, Vector vector) =>
        Counted(builder, vector).Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().To("out");

    public static void Aggregate(StreamsBuilder builder, Vector vector) =>
        Windowed(builder, vector).Aggregate(() => "0", (_, v, agg) => v == "del" ? null! : Tail(agg ?? "null", v), "aggregated").ToStream().To("out");

    private static KTable<Windowed<string>, long> Counted(StreamsBuilder builder, Vector vector) => Windowed(builder, vector).Count(Windowings.Store<long>(vector, "counts"));

    private static SlidingWindowedKStream<string, string> Windowed(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in").GroupByKey().WindowedBy(SlidingWindows.OfTimeDifferenceAndGrace(vector.Time("diffMs"), vector.Time("graceMs")));
        return vector.OptionalParameter("emitIntervalMs") is null ? stream : stream.Emit(EmitStrategy.OnWindowClose);
    }
}
