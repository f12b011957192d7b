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
    private readonly IStoreHolders _tasks;
    private readonly Func<TKey, int> _partitionOf;

    internal VersionedStoreView(IStoreHolders tasks, Func<TKey, int> partitionOf) => (_tasks, _partitionOf) = (tasks, partitionOf);

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

    /// <summary>The latest values of the keys whose serialized bytes lie between both, inclusive, of the partitions that are here: by partition, then in the order of the serialized keys.</summary>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<TKey, ValueVersion<TValue>>>> RangeAsync(TKey from, TKey to, CancellationToken cancellation = default) => ListAsync(store => store.Range(from, to), cancellation);

    /// <summary>The latest values of all keys of the partitions that are here: by partition, then in the order of the serialized keys.</summary>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<TKey, ValueVersion<TValue>>>> AllAsync(CancellationToken cancellation = default) => ListAsync(static store => store.All(), cancellation);

    // Enumerated by the stream thread: an iteration over an engine is no one else's.
    private async Task<IReadOnlyList<KeyValuePair<TKey, ValueVersion<TValue>>>> ListAsync(
        Func<IReadOnlyVersionedStore<TKey, TValue>, IEnumerable<KeyValuePair<TKey, ValueVersion<TValue>>>> read, CancellationToken cancellation) =>
        (await _tasks.AskAllAsync(store => read(Store(store)).ToList(), cancellation).ConfigureAwait(false)).SelectMany(static l => l).ToList();

    private static IReadOnlyVersionedStore<TKey, TValue> Store(IStateStore store) => (IReadOnlyVersionedStore<TKey, TValue>)store;
}
