using static CrashStreams.Conformance.Tests.Aggregations;

namespace CrashStreams.Conformance.Tests;

/// <summary>Joins of streams with tables, and aggregations over several streams.</summary>
internal static class Joins
{
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

    public static void Cogroup(StreamsBuilder builder, Vector vector) => Cogrouped(builder).Aggregate(() => "", "cogrouped").ToStream().To("out");

    public static void CogroupTumbling(StreamsBuilder builder, Vector vector) =>
        Cogrouped(builder).WindowedBy(Windowings.WindowsOf(vector)).Aggregate(() => "", "cogrouped").ToStream().To("out");

    private static CogroupedKStream<string, string> Cogrouped(StreamsBuilder builder)
    {
        var first = builder.Stream<string, string>("in1").GroupByKey();
        var second = builder.Stream<string, string>("in2").GroupByKey();
        return first.Cogroup<string>((_, v, agg) => Tail(agg, "1" + (v ?? "null"))).Cogroup(second, (_, v, agg) => Tail(agg, "2" + (v ?? "null")));
    }

    private static string GlobalKey(string value) => value == "del" ? null! : value[..1];
}
