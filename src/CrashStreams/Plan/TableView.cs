using CrashStreams.Operators;
using CrashStreams.Processing;

namespace CrashStreams.Plan;

/// <summary>How other operators read a table: the stores that they have to be connected to for that, and what opens it in a task.</summary>
internal sealed record TableView<TKey, TValue>(IReadOnlyList<StoreDefinition> Stores, Func<IOperatorContext, TableReader<TKey, TValue>> Open)
{
#pragma warning disable CS8714 // A record without key is dropped before it reaches a table.
    /// <summary>A table that has a store.</summary>
    public static TableView<TKey, TValue> Of(StoreDefinition store) =>
        new([store], task => new StoreReader<TKey, TValue>(task.Store<CrashStreams.Stores.KeyValueStore<TKey, TValue>>(store.Name)));
#pragma warning restore CS8714
}
