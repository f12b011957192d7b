using CrashStreams.Operators;
using CrashStreams.Plan;
using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>Several streams grouped by the same key and by window, whose values are folded into one aggregate.</summary>
public sealed class TimeWindowedCogroupedKStream<TKey, TAggregate>
{
    private readonly CogroupedKStream<TKey, TAggregate> _cogrouped;
    private readonly TimeWindows _windows;

    internal TimeWindowedCogroupedKStream(CogroupedKStream<TKey, TAggregate> cogrouped, TimeWindows windows)
    {
        _cogrouped = cogrouped;
        _windows = windows;
    }

    /// <summary>Folds the values of all streams, each by its own aggregator. A null result removes the window.</summary>
    public KTable<Windowed<TKey>, TAggregate> Aggregate(Func<TAggregate> initializer, Materialized<TKey, TAggregate>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(initializer);
        var builder = _cogrouped.Builder;
        var (storeName, settings) = _cogrouped.Prepare(materialized);
        var windowing = new Windowing(_windows, EmitStrategy.OnWindowUpdate, OnLate: null, CorrectedWithin: null);
#pragma warning disable CS8714 // A null key is dropped before it reaches a store.
        var store = builder.AddStore(new WindowStoreDefinition<TKey, TAggregate>(
            storeName, settings.KeySerde ?? Serdes.Find<TKey>(), settings.ValueSerde, _windows.SizeMs, Math.Max((long?)settings.Retention?.TotalMilliseconds ?? 0, windowing.SpanMs), settings.Logged));
        var folds = _cogrouped.Folds(name, (input, node) => input.FoldWindows(node, store, windowing, initializer));
        var merge = new ProcessorNode<Windowed<TKey>, Change<TAggregate>, Windowed<TKey>, Change<TAggregate>>(
            _cogrouped.MergeName(name), static () => new PassThrough<Windowed<TKey>, Change<TAggregate>>());
        var keySerde = settings.KeySerde ?? Serdes.Find<TKey>();
        return new(builder, builder.Add(merge, [.. folds]), new(keySerde is null ? null : new TimeWindowedSerde<TKey>(keySerde, _windows.SizeMs), settings.ValueSerde)
        {
            GraceMs = _windows.GraceMs,
            WindowOf = static key => key.Window,
            View = () => new([store], task => new WindowStoreReader<TKey, TAggregate>(task.Store<WindowStore<TKey, TAggregate>>(storeName))),
        });
#pragma warning restore CS8714
    }
}
