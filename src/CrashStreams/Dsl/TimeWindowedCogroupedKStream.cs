namespace CrashStreams;

/// <summary>Several streams grouped by the same key and by window, whose values are folded into one aggregate.</summary>
public sealed class TimeWindowedCogroupedKStream<TKey, TAggregate>
{
    private readonly CogroupedKStream<TKey, TAggregate> _cogrouped;
    private readonly IWindowGrid _windows;

    internal TimeWindowedCogroupedKStream(CogroupedKStream<TKey, TAggregate> cogrouped, IWindowGrid windows)
    {
        _cogrouped = cogrouped;
        _windows = windows;
    }

    /// <summary>Folds the values of all streams, each by its own aggregator. A null result removes the window.</summary>
    public KTable<Windowed<TKey>, TAggregate> Aggregate(Func<TAggregate> initializer, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        var builder = _cogrouped.Builder;
        var plan = _cogrouped.Plan(materialized);
        var windowing = new Windowing(_windows, EmitStrategy.OnWindowUpdate, OnLate: null, CorrectedWithin: null);
        var store = plan.Windows(windowing);
        var folds = _cogrouped.Folds(name, (input, node) => input.FoldWindows(node, store, windowing, initializer));
        return WindowedTables.Of(builder, _cogrouped.Merge<Windowed<TKey>>(name, folds), plan, store, _windows);
    }
}
