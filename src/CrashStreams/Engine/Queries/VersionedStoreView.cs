using CrashStreams.Engine;
using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>
/// A versioned store of a running application, to be read by anyone; see <see cref="StreamsApplication.VersionedStore"/>. What is said of
/// <see cref="KeyValueStoreView{TKey, TValue}"/> holds here too.
/// </summary>
public sealed class VersionedStoreView<TKey, TValue>
    where TKey : notnull
{
    private readonly StoreTasks _tasks;
    private readonly Func<TKey, int> _partitionOf;

    internal VersionedStoreView(StoreTasks tasks, Func<TKey, int> partitionOf) => (_tasks, _partitionOf) = (tasks, partitionOf);

    /// <summary>The latest value of a key, by event time; null when there is none.</summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<ValueVersion<TValue>?> GetAsync(TKey key, CancellationToken cancellation = default) =>
        _tasks.AskAsync(_partitionOf(key), store => Store(store).TryGet(key, out var version) ? version : (ValueVersion<TValue>?)null, cancellation);

    /// <summary>The value of a key that held at a time; null when there was none, or the history does not reach back so far.</summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<ValueVersion<TValue>?> GetAsOfAsync(TKey key, long timestamp, CancellationToken cancellation = default) =>
        _tasks.AskAsync(_partitionOf(key), store => Store(store).TryGetAsOf(key, timestamp, out var version) ? version : (ValueVersion<TValue>?)null, cancellation);

    /// <summary>The versions of a key that hold from times between both, inclusive, the latest first; removals included.</summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<ValueVersion<TValue>>> VersionsAsync(TKey key, long fromMs, long throughMs, CancellationToken cancellation = default) =>
        _tasks.AskAsync<IReadOnlyList<ValueVersion<TValue>>>(_partitionOf(key), store => Store(store).Versions(key, fromMs, throughMs).ToList(), cancellation);

    private static IReadOnlyVersionedStore<TKey, TValue> Store(IStateStore store) => (IReadOnlyVersionedStore<TKey, TValue>)store;
}
