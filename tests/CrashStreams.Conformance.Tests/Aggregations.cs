namespace CrashStreams.Conformance.Tests;

/// <summary>Aggregations without windows.</summary>
internal static class Aggregations
{
    public static void GroupByKeyCount(StreamsBuilder builder, Vector vector) =>
        builder.Stream<string, string>("in").GroupByKey().Count("counts").ToStream().To("out");

    public static void GroupByCount(StreamsBuilder builder, Vector vector) =>
        builder.Stream<string, string>("in").GroupBy((_, v) => Stateless.FirstCharacter(v), new() { Name = "by-letter" }).Count("counts").ToStream().To("out");

    public static void GroupByKeyReduce(StreamsBuilder builder, Vector vector) =>
        builder.Stream<string, string>("in").GroupByKey().Reduce((a, v) => v == "del" ? null! : Tail(a, v), "reduced").ToStream().To("out");

    public static void GroupByKeyAggregate(StreamsBuilder builder, Vector vector) =>
        builder.Stream<string, string>("in").GroupByKey()
            .Aggregate(() => "0", (_, v, agg) => v == "del" ? null! : Tail(agg, v), "aggregated").ToStream().To("out");

    public static string Tail(string? text, string? more)
    {
        var all = (text ?? "null") + (more ?? "null");
        return all.Length <= 24 ? all : all[^24..];
    }
}
