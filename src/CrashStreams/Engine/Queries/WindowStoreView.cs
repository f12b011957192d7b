using CrashStreams.Engine;
using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>
/// A window store of a running application, to be read by anyone; see <see cref="StreamsApplication.WindowStore"/>. What is said of
/// <see cref="KeyValueStoreView{TKey, TValue}"/> holds here too. It shows the windows that the store's retention keeps.
/// </summary>
public sealed class WindowStoreView<TKey, TValue>
    where TKey : notnull
{
    private readonly IStoreHolders _tasks;
    private readonly Func<TKey, int> _partitionOf;

    internal WindowStoreView(IStoreHolders tasks, Func<TKey, int> partitionOf) => (_tasks, _partitionOf) = (tasks, partitionOf);

    /// <summary>The value of a key in the window that starts at <paramref name="startMs"/>; null when there is none.</summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<ValueAndTimestamp<TValue>?> GetAsync(TKey key, long startMs, CancellationToken cancellation = default) =>
        _tasks.AskAsync(_partitionOf(key), store => Store(store).TryGet(key, startMs, out var value) ? value : (ValueAndTimestamp<TValue>?)null, cancellation);

    /// <summary>The windows of a key with starts between both, inclusive, in order of start.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fromStartMs">The lower bound, inclusive.</param>
    /// <param name="toStartMs">The upper bound, inclusive.</param>
    /// <param name="reversed">Whether to begin with the latest start.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>> FetchAsync(
        TKey key, long fromStartMs, long toStartMs, bool reversed = false, CancellationToken cancellation = default) =>
        _tasks.AskAsync<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>>(
            _partitionOf(key), store => Store(store).Fetch(key, fromStartMs, toStartMs, reversed).ToList(), cancellation);

    /// <summary>The windows of all keys with starts between both, inclusive, of the partitions that are here: by partition, then in order of start, then of the serialized keys.</summary>
    /// <param name="fromStartMs">The lower bound, inclusive.</param>
    /// <param name="toStartMs">The upper bound, inclusive.</param>
    /// <param name="reversed">Whether each partition begins with the latest start and the last key.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>> FetchAllAsync(
        long fromStartMs, long toStartMs, bool reversed = false, CancellationToken cancellation = default) =>
        ListAsync(store => store.FetchAll(fromStartMs, toStartMs, reversed), cancellation);

    /// <summary>The same, of the keys whose serialized bytes lie between both, inclusive. It reads what <see cref="FetchAllAsync"/> reads.</summary>
    /// <param name="from">The lower bound of keys, inclusive.</param>
    /// <param name="to">The upper bound of keys, inclusive.</param>
    /// <param name="fromStartMs">The lower bound of starts, inclusive.</param>
    /// <param name="toStartMs">The upper bound of starts, inclusive.</param>
    /// <param name="reversed">Whether each partition begins with the latest start and the last key.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>> RangeAsync(
        TKey from, TKey to, long fromStartMs, long toStartMs, bool reversed = false, CancellationToken cancellation = default) =>
        ListAsync(store => store.Range(from, to, fromStartMs, toStartMs, reversed), cancellation);

    /// <summary>All windows of the partitions that are here: by partition, then in order of start, then of the serialized keys.</summary>
    /// <param name="reversed">Whether each partition begins with the latest start and the last key.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>> AllAsync(bool reversed = false, CancellationToken cancellation = default) =>
        ListAsync(store => store.All(reversed), cancellation);

    // Enumerated by the stream thread: an iteration over an engine is no one else's.
    private async Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>> ListAsync(
        Func<IReadOnlyWindowStore<TKey, TValue>, IEnumerable<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>> read, CancellationToken cancellation) =>
        (await _tasks.AskAllAsync(store => read(Store(store)).ToList(), cancellation).ConfigureAwait(false)).SelectMany(static l => l).ToList();

    private static IReadOnlyWindowStore<TKey, TValue> Store(IStateStore store) => (IReadOnlyWindowStore<TKey, TValue>)store;
}
