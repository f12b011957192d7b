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
    private readonly StoreTasks _tasks;
    private readonly Func<TKey, int> _partitionOf;

    internal WindowStoreView(StoreTasks tasks, Func<TKey, int> partitionOf) => (_tasks, _partitionOf) = (tasks, partitionOf);

    /// <summary>The value of a key in the window that starts at <paramref name="startMs"/>; null when there is none.</summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<ValueAndTimestamp<TValue>?> GetAsync(TKey key, long startMs, CancellationToken cancellation = default) =>
        _tasks.AskAsync(_partitionOf(key), store => Store(store).TryGet(key, startMs, out var value) ? value : (ValueAndTimestamp<TValue>?)null, cancellation);

    /// <summary>The windows of a key with starts between both, inclusive, in order of start.</summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>> FetchAsync(
        TKey key, long fromStartMs, long toStartMs, CancellationToken cancellation = default) =>
        _tasks.AskAsync<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>>(
            _partitionOf(key), store => Store(store).Fetch(key, fromStartMs, toStartMs).ToList(), cancellation);

    /// <summary>All windows of the partitions that are here: by partition, then in order of start, then of the serialized keys.</summary>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public async Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, ValueAndTimestamp<TValue>>>> AllAsync(CancellationToken cancellation = default) =>
        (await _tasks.AskAllAsync(static store => Store(store).All().ToList(), cancellation).ConfigureAwait(false)).SelectMany(static l => l).ToList();

    private static IReadOnlyWindowStore<TKey, TValue> Store(IStateStore store) => (IReadOnlyWindowStore<TKey, TValue>)store;
}
