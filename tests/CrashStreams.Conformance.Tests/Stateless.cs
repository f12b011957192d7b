namespace CrashStreams.Conformance.Tests;

/// <summary>Stateless operators.</summary>
internal static class Stateless
{
    public static void Filter(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in");
        stream.Filter((_, v) => FirstIsIn(v, 'a', 'c')).To("kept");
        stream.FilterNot((_, v) => FirstIsIn(v, 'a', 'c')).To("rest");
    }

    public static void Map(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in");
        stream.Map((k, v) => (v, k)).To("mapped");
        stream.MapValues(v => v is null ? "none" : v.ToUpperInvariant()).To("values");
        stream.MapValues((k, v) => (k ?? "null") + "/" + (v ?? "null")).To("keyed");
        stream.SelectKey((_, v) => FirstCharacter(v)).To("selected");
    }

    public static void FlatMap(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in");
        stream.FlatMap((k, v) => Words(v).Select(word => (word[..1], (k ?? "null") + ":" + word))).To("pairs");
        stream.FlatMapValues(v => Words(v)).To("words");
    }

    public static void Branch(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in");
        stream.Split("split-")
            .Branch((_, v) => FirstIsIn(v, 'a', 'b'), low => low.To("low"))
            .Branch((_, v) => FirstIsIn(v, 'a', 'd'), high => high.To("high"))
            .DefaultBranch(other => other.To("other"));
        stream.Split("one-").Branch((_, v) => FirstIsIn(v, 'c', 'c'), only => only.To("only")).NoDefaultBranch();
    }

    public static void Merge(StreamsBuilder builder, Vector vector)
    {
        var first = builder.Stream<string, string>("in1");
        var second = builder.Stream<string, string>("in2").MapValues(v => "2" + (v ?? "null"));
        first.Merge(second).Peek((_, _) => { }).To("out");
    }

    public static void Repartition(StreamsBuilder builder, Vector vector)
    {
        var stream = builder.Stream<string, string>("in");
        stream.SelectKey((_, v) => FirstCharacter(v)).Repartition(new() { Name = "by-letter" }).To("out");
        stream.Repartition(new() { Name = "same-key" }).To("direct");
    }

    public static string FirstCharacter(string? value) => value?[..1]!;

    private static bool FirstIsIn(string? value, char from, char to) => value is not null && value[0] >= from && value[0] <= to;

    private static string[] Words(string? value) => value?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
