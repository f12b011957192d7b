namespace CrashStreams.Tests.Topologies;

/// <summary>Count, Reduce and Aggregate without windows.</summary>
internal sealed class Aggregate : Operator
{
    private readonly Fold _fold;
    private readonly int? _cached;

    public Aggregate(Sketch sketch, Edge input, Fold fold)
        : base(sketch, input)
    {
        _fold = fold;
        int? cached = sketch.Random.Chance(0.25) ? sketch.Random.Pick([1, 3, 1_000]) : null;
        // Which update of a key is the last has to be known: with several tasks that have the key it is not.
        _cached = fold.Behind(input.Traits).IsKeyed ? cached : null;
        AddOutput(EdgeKind.Table, _cached is null ? fold.Folded(input.Traits) : fold.Folded(input.Traits) with { IsOrdered = false, IsTimed = false, Content = Content.Last });
    }

    public override string Text => $"{_fold}{(_cached is null ? "" : $", up to {_cached} updates held back until the commit")}";

    public override bool IsBehindShuffle => _fold.IsShuffled;

    public override bool HasStore => true;

    public static Operator? Draw(Sketch sketch) => Fold.Draw(sketch, isWindowed: false) is var (input, fold) ? new Aggregate(sketch, input, fold) : null;

    public override void Build(Dsl dsl)
    {
        var fold = dsl.IsFaulty(this) ? _fold with { Kind = _fold.Kind == FoldKind.Most ? FoldKind.Sum : FoldKind.Most } : _fold;
        var stream = dsl.Stream(Inputs[0]);
        var store = new Materialized<string, long> { Name = Name, CachedUpdates = _cached };
        dsl.Set(Outputs[0], fold.Kind switch
        {
            FoldKind.Count => Grouping.Of(stream, fold, Name).Count(store, Name),
            FoldKind.Sum or FoldKind.Most or FoldKind.Latest => Grouping.Numbers(stream, fold, Name).Reduce(fold.Reduce, store, Name),
            _ => Grouping.Of(stream, fold, Name).Aggregate(static () => 0L, (_, value, sum) => fold.Of(sum, value), store, Name),
        });
    }

    public override Item Rekey(Item item) => _fold.Rekey(item);

    public override void Take(Ideal run, int input, int partition, Item item)
    {
        if (item.Key is null || item.Value is null)
            return;
        var state = run.State<Dictionary<string, (long Number, long TimeMs)>>(this, partition);
        var before = state.TryGetValue(item.Key, out var row) ? row : ((long Number, long TimeMs)?)null;
        state[item.Key] = (_fold.Of(before?.Number, item.Value), Math.Max(before?.TimeMs ?? long.MinValue, item.TimeMs));
        run.Emit(Outputs[0], partition, item.With(state[item.Key].Number) with { TimeMs = state[item.Key].TimeMs });
    }

    public override StoreContents Contents(Ideal run) => new(
        this, IsWindowed: false,
        run.States<Dictionary<string, (long Number, long TimeMs)>>(this)
            .SelectMany(s => s.State.Select(row => ((s.Partition, row.Key, -1L), Item.Text(row.Value.Number)))).ToDictionary(), Outputs[0].Traits);
}
