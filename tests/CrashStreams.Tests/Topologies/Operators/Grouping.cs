namespace CrashStreams.Tests.Topologies;

/// <summary>GroupByKey and GroupBy with the DSL.</summary>
internal static class Grouping
{
    public static KGroupedStream<string, string?> Of(KStream<string, string?> stream, Fold fold, string name) =>
        fold.NewKeys > 0 ? stream.GroupBy(fold.NewKeyOf, new() { Name = $"{name}-by" }) : stream.GroupByKey(new() { Name = $"{name}-by" });

    /// <summary>Of the numbers that the values stand for. What has no value has none.</summary>
    public static KGroupedStream<string, long> Numbers(KStream<string, string?> stream, Fold fold, string name, Func<KStream<string, long>, KStream<string, long>>? combine = null)
    {
        var numbers = Rekeyed(stream, fold).Filter(static (_, value) => value is not null).MapValues(static value => Item.Parse(value));
        return (combine?.Invoke(numbers) ?? numbers).GroupByKey(new() { Name = $"{name}-by" });
    }

    public static KStream<string, string?> Rekeyed(KStream<string, string?> stream, Fold fold) => fold.NewKeys > 0 ? stream.SelectKey(fold.NewKeyOf) : stream;
}
