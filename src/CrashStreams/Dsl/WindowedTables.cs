using CrashStreams.Operators;
using CrashStreams.Plan;
using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>The tables that windowed aggregations give.</summary>
internal static class WindowedTables
{
#pragma warning disable CS8714 // A null key is dropped before it reaches a store.
    /// <summary>Of windows that all keys have in common: others can read its store.</summary>
    public static KTable<Windowed<TKey>, TAggregate> Of<TKey, TAggregate>(
        BuilderState builder, TopologyNode<Windowed<TKey>, Change<TAggregate>> node, StorePlan<TKey, TAggregate> plan, StoreDefinition store, IWindowGrid windows) =>
        new(builder, node, new(SerdeOf(plan.KeySerde, windows), plan.ValueSerde)
        {
            GraceMs = windows.GraceMs,
            WindowOf = static key => key.Window,
            View = () => new([store], task => new WindowStoreReader<TKey, TAggregate>(task.Store<WindowStore<TKey, TAggregate>>(store.Name))),
        });
#pragma warning restore CS8714

    /// <summary>Of sliding windows.</summary>
    public static KTable<Windowed<TKey>, TAggregate> Of<TKey, TAggregate>(
        BuilderState builder, TopologyNode<Windowed<TKey>, Change<TAggregate>> node, StorePlan<TKey, TAggregate> plan, SlidingWindows windows) =>
        new(builder, node, new(SerdeOf(plan.KeySerde, new WindowLength(windows.DifferenceMs)), plan.ValueSerde) { GraceMs = windows.GraceMs, WindowOf = static key => key.Window });

    /// <summary>Of sessions.</summary>
    public static KTable<Windowed<TKey>, TAggregate> Of<TKey, TAggregate>(
        BuilderState builder, TopologyNode<Windowed<TKey>, Change<TAggregate>> node, StorePlan<TKey, TAggregate> plan, SessionWindows windows) =>
        new(builder, node, new(plan.KeySerde is null ? null : new SessionWindowedSerde<TKey>(plan.KeySerde), plan.ValueSerde) { GraceMs = windows.SpanMs, WindowOf = static key => key.Window });

    /// <summary>Of windowed keys; null without one of keys.</summary>
    public static TimeWindowedSerde<TKey>? SerdeOf<TKey>(Serde<TKey>? keySerde, IWindowEnds windows) => keySerde is null ? null : new(keySerde, windows);
}
