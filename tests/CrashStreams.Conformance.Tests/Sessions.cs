using static CrashStreams.Conformance.Tests.Aggregations;

namespace CrashStreams.Conformance.Tests;

/// <summary>Session windows.</summary>
internal static class Sessions
{
    public static void Count(StreamsBuilder builder, Vector vector) => Counted(builder, vector).ToStream().To("out");

    public static void CountSuppress(StreamsBuilder builder, Vector vector) =>
        Counted(builder, vector).Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().To("out");

    public static void Aggregate(StreamsBuilder builder, Vector vector) => Windowed(builder, vector)
        .Aggregate(() => "0", (_, v, agg) => Tail(agg, v), (_, a, b) => Tail(a, "|" + b), "aggregated").ToStream().To("out");

    public static void Reduce(StreamsBuilder builder, Vector vector) =>
        Windowed(builder, vector).Reduce((a, v) => Tail(a, "." + (v ?? "null")), "reduced").ToStream().To("out");

    public static void Cogroup(StreamsBuilder builder, Vector vector)
    {
        var first = builder.Stream<string, string>("in1").GroupByKey();
        var second = builder.Stream<string, string>("in2").GroupByKey();
        first.Cogroup<string>((_, v, agg) => Tail(agg, "1" + (v ?? "null"))).Cogroup(second, (_, v, agg) => Tail(agg, "2" + (v ?? "null")))
            .WindowedBy(WindowsOf(vector)).Aggregate(() => "", (_, a, b) => Tail(a, "|" + b), "cogrouped").ToStream().To("out");
    }

    private static KTable<Windowed<string>, long> Counted(StreamsBuilder builder, Vector vector) => Windowed(builder, vector).Count(Windowings.Store<long>(vector, "counts"));

    private static SessionWindowedKStream<string, string> Windowed(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in").GroupByKey().WindowedBy(WindowsOf(vector));
        return vector.OptionalParameter("emitIntervalMs") is null ? stream : stream.Emit(EmitStrategy.OnWindowClose);
    }

    private static SessionWindows WindowsOf(Vector vector) => SessionWindows.OfInactivityGapAndGrace(vector.Time("gapMs"), vector.Time("graceMs"));
}
