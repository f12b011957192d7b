using static CrashStreams.Conformance.Tests.Aggregations;

namespace CrashStreams.Conformance.Tests;

/// <summary>Joins of streams with tables, and aggregations over several streams.</summary>
internal static class Joins
{
    private static readonly StreamJoined<string, string, string> _joined = new() { Name = "joined", StoreName = "joined" };

    public static void StreamTable(StreamsBuilder builder, Vector vector)
    {
        var table = builder.Table<string, string>("table", materialized: "table-store");
        builder.Stream<string, string>("in").Join(table, (l, r) => l + "+" + r).To("out");
    }

    public static void StreamTableLeft(StreamsBuilder builder, Vector vector)
    {
        var table = builder.Table<string, string>("table", materialized: "table-store");
        builder.Stream<string, string>("in").LeftJoin(table, (l, r) => l + "+" + r.Or("null")).To("out");
    }

    public static void StreamTableVersioned(StreamsBuilder builder, Vector vector)
    {
        var table = Versioned(builder, vector);
        builder.Stream<string, string>("in").LeftJoin(table, (l, r) => l + "+" + r.Or("null")).To("out");
    }

    public static void StreamTableGrace(StreamsBuilder builder, Vector vector)
    {
        var table = Versioned(builder, vector);
        builder.Stream<string, string>("in").LeftJoin(table, (l, r) => l + "+" + r.Or("null"), new() { Name = "graced", Grace = vector.Time("graceMs") }).To("out");
    }

    public static void StreamTableGraceInner(StreamsBuilder builder, Vector vector)
    {
        var table = Versioned(builder, vector);
        builder.Stream<string, string>("in").Join(table, (l, r) => l + "+" + r, new() { Name = "graced", Grace = vector.Time("graceMs") }).To("out");
    }

    public static void StreamGlobal(StreamsBuilder builder, Vector vector)
    {
        var global = builder.GlobalTable<string, string>("global", materialized: "global-store");
        builder.Stream<string, string>("in").Join(global, (_, v) => GlobalKey(v), (l, r) => l + "+" + r).To("out");
    }

    public static void StreamGlobalLeft(StreamsBuilder builder, Vector vector)
    {
        var global = builder.GlobalTable<string, string>("global", materialized: "global-store");
        builder.Stream<string, string>("in").LeftJoin(global, (_, v) => GlobalKey(v), (l, r) => l + "+" + r.Or("null")).To("out");
    }

    public static void Streams(StreamsBuilder builder, Vector vector)
    {
        var (left, right) = Sides(builder);
        left.Join(right, (l, r) => l + "+" + r, WindowsOf(vector), _joined).To("out");
    }

    public static void StreamsLeft(StreamsBuilder builder, Vector vector)
    {
        var (left, right) = Sides(builder);
        left.LeftJoin(right, (l, r) => l + "+" + r.Or("null"), WindowsOf(vector), _joined).To("out");
    }

    public static void StreamsOuter(StreamsBuilder builder, Vector vector)
    {
        var (left, right) = Sides(builder);
        left.OuterJoin(right, (l, r) => l.Or("null") + "+" + r.Or("null"), WindowsOf(vector), _joined).To("out");
    }

    public static void StreamWithItself(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in");
        stream.Join(stream, (l, r) => l + "+" + r, WindowsOf(vector), _joined).To("out");
    }

    public static void ForeignKey(StreamsBuilder builder, Vector vector)
    {
        var (left, right) = TableSides(builder);
        left.Join(right, NameBeforeDash, (l, r) => l + "+" + r, "joined", "fk").ToStream().To("out");
    }

    public static void ForeignKeyLeft(StreamsBuilder builder, Vector vector)
    {
        var (left, right) = TableSides(builder);
        left.LeftJoin(right, NameBeforeDash, (l, r) => l + "+" + r.Or("null"), "joined", "fk").ToStream().To("out");
    }

    public static void Cogroup(StreamsBuilder builder, Vector vector) => Cogrouped(builder).Aggregate(() => "", "cogrouped").ToStream().To("out");

    public static void CogroupTumbling(StreamsBuilder builder, Vector vector) =>
        Cogrouped(builder).WindowedBy(Windowings.WindowsOf(vector)).Aggregate(() => "", "cogrouped").ToStream().To("out");

    private static CogroupedKStream<string, string> Cogrouped(StreamsBuilder builder)
    {
        var first = builder.Stream<string, string>("in1").GroupByKey();
        var second = builder.Stream<string, string>("in2").GroupByKey();
        return first.Cogroup<string>((_, v, agg) => Tail(agg, "1" + (v ?? "null"))).Cogroup(second, (_, v, agg) => Tail(agg, "2" + (v ?? "null")));
    }

    private static (KStream<string, string> Left, KStream<string, string> Right) Sides(StreamsBuilder builder) =>
        (builder.Stream<string, string>("left"), builder.Stream<string, string>("right"));

    private static (KTable<string, string> Left, KTable<string, string> Right) TableSides(StreamsBuilder builder) =>
        (builder.Table<string, string>("left", materialized: "left-store"), builder.Table<string, string>("right", materialized: "right-store"));

    private static string? NameBeforeDash(string value) => value.IndexOf('-', StringComparison.Ordinal) is >= 0 and var dash ? value[..dash] : null;

    private static KTable<string, string> Versioned(StreamsBuilder builder, Vector vector) =>
        builder.Table<string, string>("table", materialized: new() { Name = "table-store", HistoryRetention = vector.Time("historyMs") });

    private static JoinWindows WindowsOf(Vector vector) =>
        JoinWindows.OfTimeDifferenceAndGrace(TimeSpan.Zero, vector.Time("graceMs")).Before(vector.Time("beforeMs")).After(vector.Time("afterMs"));

    private static string GlobalKey(string value) => value == "del" ? null! : value[..1];
}
