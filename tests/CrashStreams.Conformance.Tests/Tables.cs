using static CrashStreams.Conformance.Tests.Aggregations;

namespace CrashStreams.Conformance.Tests;

/// <summary>Tables from topics and streams.</summary>
internal static class Tables
{
    public static void ToTable(StreamsBuilder builder, Vector vector) => builder.Stream<string, string>("in").ToTable("table").ToStream().To("out");

    public static void ToTableRekeyed(StreamsBuilder builder, Vector vector) =>
        builder.Stream<string, string>("in").Map((k, v) => (v is null ? k : v[..1], v)).ToTable("table", "to-table").ToStream().To("out");

    public static void Source(StreamsBuilder builder, Vector vector)
    {
        Table(builder).ToStream().To("out");
        builder.Table<string, string>("in2").ToStream().To("virtual");
    }

    public static void Filter(StreamsBuilder builder, Vector vector)
    {
        var table = Table(builder);
        table.Filter((_, v) => IsIn(v, 'a', 'c')).ToStream().To("virtual");
        table.Filter((_, v) => IsIn(v, 'a', 'c'), materialized: "filtered").ToStream().To("stored");
        table.FilterNot((_, v) => IsIn(v, 'a', 'c')).ToStream().To("not");
    }

    public static void FilterVirtual(StreamsBuilder builder, Vector vector) =>
        builder.Table<string, string>("in").Filter((_, v) => IsIn(v, 'a', 'c')).ToStream().To("out");

    public static void MapValues(StreamsBuilder builder, Vector vector)
    {
        var table = Table(builder);
        table.MapValues(v => v.ToUpperInvariant()).ToStream().To("virtual");
        table.MapValues(v => v.StartsWith('f') ? null! : v + "!", materialized: "mapped").ToStream().To("stored");
        table.Filter((_, v) => IsIn(v, 'a', 'c')).MapValues(v => v.ToUpperInvariant()).Filter((_, v) => IsIn(v, 'B', 'C')).ToStream().To("chain");
    }

    public static void GroupByCount(StreamsBuilder builder, Vector vector) =>
        Table(builder).GroupBy((_, v) => (v[..1], v), new() { Name = "by-letter" }).Count("counts").ToStream().To("out");

    public static void GroupByReduce(StreamsBuilder builder, Vector vector) =>
        Table(builder).GroupBy((_, v) => (v[..1], v), new() { Name = "by-letter" })
            .Reduce((agg, v) => Tail(agg, "+" + v), (agg, v) => Tail(agg, "-" + v), "reduced").ToStream().To("out");

    public static void GroupByAggregate(StreamsBuilder builder, Vector vector) =>
        Table(builder).GroupBy((k, v) => (v.StartsWith('f') ? null! : v[..1], k + v), new() { Name = "by-letter" })
            .Aggregate(() => "0", (_, v, agg) => Tail(agg, "+" + v), (_, v, agg) => Tail(agg, "-" + v), "aggregated").ToStream().To("out");

    public static void WindowedRegroup(StreamsBuilder builder, Vector vector) =>
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(Windowings.WindowsOf(vector)).Count("counts")
            .GroupBy((w, n) => (w.Window.StartMs.ToString(System.Globalization.CultureInfo.InvariantCulture), n), new() { Name = "by-start" })
            .Aggregate(() => 0L, (_, n, agg) => agg + n, (_, n, agg) => agg - n, "totals").ToStream().To("out");

    public static void Suppress(StreamsBuilder builder, Vector vector) =>
        Table(builder).Suppress(Suppressed.UntilTimeLimit(vector.Time("limitMs"), (int)vector.Parameter("maxRecords")), "held").ToStream().To("out");

    public static void Versioned(StreamsBuilder builder, Vector vector)
    {
        var table = builder.Table<string, string>("in", materialized: new() { Name = "versioned", HistoryRetention = vector.Time("historyMs") });
        table.ToStream().To("out");
        table.GroupBy((_, v) => (v[..1], v), new() { Name = "by-letter" }).Count("counts").ToStream().To("counts-out");
    }

    public static void Join(StreamsBuilder builder, Vector vector)
    {
        var (left, right) = Sides(builder);
        left.Join(right, (l, r) => l + "+" + r, "joined").ToStream().To("out");
        left.Join(right, (l, r) => l + "+" + r).ToStream().To("virtual");
    }

    public static void LeftJoin(StreamsBuilder builder, Vector vector)
    {
        var (left, right) = Sides(builder);
        left.LeftJoin(right, (l, r) => l + "+" + r.Or("null"), "joined").ToStream().To("out");
        left.LeftJoin(right, (l, r) => l + "+" + r.Or("null")).ToStream().To("virtual");
    }

    public static void OuterJoin(StreamsBuilder builder, Vector vector)
    {
        var (left, right) = Sides(builder);
        left.OuterJoin(right, (l, r) => l.Or("null") + "+" + r.Or("null"), "joined").ToStream().To("out");
        left.OuterJoin(right, (l, r) => l.Or("null") + "+" + r.Or("null")).ToStream().To("virtual");
    }

    public static bool IsIn(string value, char from, char to) => value[0] >= from && value[0] <= to;

    private static KTable<string, string> Table(StreamsBuilder builder) => builder.Table<string, string>("in", materialized: "table");

    private static (KTable<string, string> Left, KTable<string, string> Right) Sides(StreamsBuilder builder) =>
        (builder.Table<string, string>("left", materialized: "left-store"), builder.Table<string, string>("right", materialized: "right-store"));
}
