using static CrashStreams.Conformance.Tests.Aggregations;

namespace CrashStreams.Conformance.Tests;

/// <summary>Tumbling and hopping windows, emission on close, suppress.</summary>
internal static class Windowings
{
    public static void Count(StreamsBuilder builder, Vector vector) => Counted(builder, vector).ToStream().To("out");

    public static void CountCloseDefaultRetention(StreamsBuilder builder, Vector vector) =>
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(WindowsOf(vector)).Emit(EmitStrategy.OnWindowClose).Count("counts").ToStream().To("out");

    public static void Reduce(StreamsBuilder builder, Vector vector) => Reduced(builder, vector).ToStream().To("out");

    public static void Aggregate(StreamsBuilder builder, Vector vector, string initial) => Windowed(builder, vector)
        .Aggregate(() => initial, (_, v, agg) => v == "del" && initial == "0" ? null! : Tail(agg, v), Store<string>(vector, "aggregated"))
        .ToStream().To("out");

    public static void SumRepartitioned(StreamsBuilder builder, Vector vector) => builder.Stream<string, long?>("in")
        .GroupBy((_, v) => v is null ? null! : "p" + (((v % 3) + 3) % 3), new Grouped<string, long?> { Name = "by-mod" })
        .WindowedBy(WindowsOf(vector)).Aggregate(() => 0L, (_, v, agg) => agg + v!.Value, "sums").ToStream().To("out");

    public static void Unlimited(StreamsBuilder builder, Vector vector) =>
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(UnlimitedWindows.StartOn(DateTimeOffset.FromUnixTimeMilliseconds(vector.Parameter("startMs"))))
            .Count("counts").ToStream((key, _) => key.Key).To("out");

    public static void CountSuppress(StreamsBuilder builder, Vector vector) =>
        Counted(builder, vector).Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().To("out");

    public static void ReduceSuppress(StreamsBuilder builder, Vector vector) =>
        Reduced(builder, vector).Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().To("out");

    public static void FilterSuppress(StreamsBuilder builder, Vector vector) =>
        Counted(builder, vector).Filter(Passes(vector)).Suppress(Suppressed.UntilWindowCloses(), "final").ToStream().To("out");

    public static void SuppressFilter(StreamsBuilder builder, Vector vector) =>
        Counted(builder, vector).Suppress(Suppressed.UntilWindowCloses(), "final").Filter(Passes(vector)).ToStream().To("out");

    public static void SuppressShutdown(StreamsBuilder builder, Vector vector) =>
        Counted(builder, vector).Suppress(Suppressed.UntilWindowCloses((int)vector.Parameter("maxRecords")), "final").ToStream().To("out");

    public static void SuppressLimitBytes(StreamsBuilder builder, Vector vector) =>
        Counted(builder, vector).Suppress(Suppressed.UntilTimeLimit(vector.Time("limitMs"), maxBytes: vector.Parameter("maxBytes")), "held").ToStream().To("out");

    public static void SuppressLimit(StreamsBuilder builder, Vector vector) =>
        Counted(builder, vector).Suppress(Suppressed.UntilTimeLimit(vector.Time("limitMs"), (int)vector.Parameter("maxRecords")), "held").ToStream().To("out");

    public static TimeWindows WindowsOf(Vector vector)
    {
        var windows = TimeWindows.OfSizeAndGrace(vector.Time("sizeMs"), vector.Time("graceMs"));
        return vector.OptionalParameter("advanceMs") is { } advance ? windows.AdvanceBy(TimeSpan.FromMilliseconds(advance)) : windows;
    }

    public static Materialized<string, TValue> Store<TValue>(Vector vector, string name) => new()
    {
        Name = name,
        Retention = vector.OptionalParameter("retentionMs") is { } retention ? TimeSpan.FromMilliseconds(retention) : null,
    };

    private static KTable<Windowed<string>, long> Counted(StreamsBuilder builder, Vector vector) => Windowed(builder, vector).Count(Store<long>(vector, "counts"));

    private static KTable<Windowed<string>, string> Reduced(StreamsBuilder builder, Vector vector) =>
        Windowed(builder, vector).Reduce((a, v) => v == "del" ? null! : Tail(a, v), Store<string>(vector, "reduced"));

    // The topologies that emit on close are those with the throttle's parameter.
    private static TimeWindowedKStream<string, string> Windowed(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in").GroupByKey().WindowedBy(WindowsOf(vector));
        return vector.OptionalParameter("emitIntervalMs") is null ? stream : stream.Emit(EmitStrategy.OnWindowClose);
    }

    private static Func<Windowed<string>, long, bool> Passes(Vector vector) =>
        vector.OptionalParameter("above") is { } above ? (_, count) => count > above : (_, count) => count % 2 == 0;
}
