using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>How values become one. For all but the last two their order does not matter.</summary>
internal enum FoldKind
{
    Count,

    /// <summary>Reduce.</summary>
    Sum,

    /// <summary>Reduce.</summary>
    Most,

    /// <summary>Aggregate.</summary>
    SumAndCount,

    /// <summary>Reduce.</summary>
    Latest,

    /// <summary>Aggregate: all values, one behind the other, as a hash.</summary>
    Running,
}

/// <summary>A grouping and its fold as they were drawn, shared by windowed and plain aggregations.</summary>
/// <param name="Kind">The fold.</param>
/// <param name="NewKeys">GroupBy a new key, of so many; 0: GroupByKey.</param>
/// <param name="IsShuffled">Whether the records go through a repartition topic.</param>
internal sealed record Fold(FoldKind Kind, int NewKeys, bool IsShuffled)
{
    /// <summary>A fold that an edge allows; null when there is none.</summary>
    /// <param name="sketch">Where it is drawn.</param>
    /// <param name="kind">What the edges are to be.</param>
    /// <param name="isWindowed">Whether event times have to be known.</param>
    public static (Edge Input, Fold Fold)? Draw(Sketch sketch, bool isWindowed)
    {
        var random = sketch.Random;
        var input = sketch.Pick(EdgeKind.Stream, t =>
            (t.IsExact || (!isWindowed && t.Content == Content.Counted)) && (!isWindowed || t.IsTimed) && (t.CanFoldInPlace || t.IsRekeyed) && Sketch.MayShuffle(t));
        if (input is null)
            return null;
        var newKeys = input.Traits.IsExact && random.Chance(0.3) ? random.Between(1, 5) : 0;
        var isShuffled = newKeys > 0 || input.Traits.IsRekeyed;
        var kind = !input.Traits.IsExact ? FoldKind.Count
            : input.Traits.IsOrdered && !isShuffled && random.Chance(0.6) ? random.Pick([FoldKind.Latest, FoldKind.Running])
            : random.Pick([FoldKind.Count, FoldKind.Sum, FoldKind.Most, FoldKind.SumAndCount]);
        return (input, new(kind, newKeys, isShuffled));
    }

    public string NewKeyOf(string? key, string? value) => $"g{(Item.Parse(value) + (key is null ? 0 : key[^1])) % NewKeys}";

    /// <summary>In front of a shuffle: under the key by which a record is folded; without one, when it is not.</summary>
    public Item Rekey(Item item) => IsReduction && item.Value is null ? item with { Key = null } : NewKeys > 0 ? item with { Key = NewKeyOf(item.Key, item.Value) } : item;

    /// <summary>Whether a record is folded. What is summed up has to have a value.</summary>
    public bool Takes(Item item) => item.Key is not null && !(IsReduction && item.Value is null);

    /// <summary>The traits of what is folded, at the place where it is.</summary>
    public Traits Behind(Traits input) => IsShuffled ? input.Shuffled() : input;

    /// <summary>The traits of the fold's updates.</summary>
    public Traits Folded(Traits input) => IsOrderSensitive
        ? Behind(input).Folded() with { IsRising = false, Repeats = Kind == FoldKind.Latest && input.Repeats == Repeats.Same ? Repeats.Values : Repeats.Anything }
        : Behind(input).Folded();

    /// <summary>The traits of windows' final results.</summary>
    public Traits Final(Traits input) => IsOrderSensitive ? WindowAggregate.Final(Behind(input)) with { Repeats = Repeats.Anything } : WindowAggregate.Final(Behind(input));

    public bool IsOrderSensitive => Kind is FoldKind.Latest or FoldKind.Running;

    /// <summary>Whether partial folds can be put together in any order.</summary>
    public bool IsCombinable => Kind is FoldKind.Sum or FoldKind.Most or FoldKind.SumAndCount;

    public bool IsReduction => Kind is FoldKind.Sum or FoldKind.Most or FoldKind.Latest;

    public long Reduce(long a, long b) => Kind switch
    {
        FoldKind.Sum => a + b,
        FoldKind.Most => Math.Max(a, b),
        _ => b,
    };

    public long Of(long? aggregate, string? value) => Kind switch
    {
        FoldKind.Count => (aggregate ?? 0) + 1,
        FoldKind.Most => Math.Max(aggregate ?? long.MinValue, Item.Parse(value)),
        FoldKind.Sum => (aggregate ?? 0) + Item.Parse(value),
        FoldKind.Latest => Item.Parse(value),
        FoldKind.Running => (((aggregate ?? 0) * 31) + Item.Parse(value) + 1) % 1_000_003,
        _ => (aggregate ?? 0) + Item.Parse(value) + 1,
    };

    /// <summary>Two aggregates as one; where the order matters, that of the earlier session first.</summary>
    public long Merge(long a, long b) => Kind switch
    {
        FoldKind.Most => Math.Max(a, b),
        FoldKind.Latest => b,
        FoldKind.Running => ((a * 31) + b) % 1_000_003,
        _ => a + b,
    };

    public override string ToString() => $"{Kind} by {(NewKeys > 0 ? $"{NewKeys} new keys" : "key")}{(IsShuffled ? ", shuffled" : "")}";
}
