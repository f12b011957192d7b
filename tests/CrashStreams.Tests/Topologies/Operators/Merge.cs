namespace CrashStreams.Tests.Topologies;

/// <summary>Merge of two streams.</summary>
internal sealed class Merge : Operator
{
    public Merge(Sketch sketch, Edge left, Edge right)
        : base(sketch, left, right)
    {
        var (a, b, layout) = (left.Traits, right.Traits, new Layout(sketch.Operators));
        var isEven = AreEven(layout, left.From, right.From) && a.IsCoPartitioned && b.IsCoPartitioned;
        AddOutput(EdgeKind.Stream, new()
        {
            IsOrdered = false,
            IsKeyed = a.IsKeyed && b.IsKeyed && isEven,
            IsCoPartitioned = isEven,
            IsTimed = a.IsTimed && b.IsTimed,
            Content = Content.Exact,
            Repeats = (Repeats)Math.Min((int)a.Repeats, (int)b.Repeats),
            IsRekeyed = a.IsRekeyed || b.IsRekeyed,
            MayBeEmpty = a.MayBeEmpty || b.MayBeEmpty,
            Shuffles = Math.Max(a.Shuffles, b.Shuffles),
        });
    }

    public override string Text => "merge";

    public static Operator? Draw(Sketch sketch)
    {
        if (sketch.Pick(EdgeKind.Stream, static t => t.IsExact) is not { } left)
            return null;
        var layout = new Layout(sketch.Operators);
        var right = sketch.Pick(EdgeKind.Stream, static t => t.IsExact, e => e.From != left.From && Fit(sketch, layout, left.From, e.From));
        if (right is null)
            return null;
        var merge = new Merge(sketch, left, right);
        layout = new([.. sketch.Operators, merge]);
        return layout.HasWidths() && layout.AreStoresFedEvenly() ? merge : null;
    }

    public override void Build(Dsl dsl) => dsl.Set(Outputs[0], dsl.Stream(Inputs[0]).Merge(dsl.Stream(Inputs[1]), Name));

    public override void Take(Ideal run, int input, int partition, Item item) => run.Emit(Outputs[0], partition, item);

    /// <summary>Whether the inputs of both have the same numbers of partitions.</summary>
    public static bool AreEven(Layout layout, Operator a, Operator b) => layout.Entries(a).Concat(layout.Entries(b)).Select(layout.WidthOf).Distinct().Count() == 1;

    /// <summary>Whether neither is fed by the other through a shuffle: tasks that read what they have written wait for their own clock.</summary>
    public static bool AreApart(Layout layout, Operator a, Operator b) => !layout.IsFedBy(a, b) && !layout.IsFedBy(b, a);

    // A stream may come together with what was made of it behind a shuffle: the tasks read what they have written.
    private static bool Fit(Sketch sketch, Layout layout, Operator a, Operator b) => sketch.Options.HasUnequalMerges || AreEven(layout, a, b);
}
