using CrashStreams.Engine;
using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>
/// A session store of a running application, to be read by anyone; see <see cref="StreamsApplication.SessionStore"/>. What is said of
/// <see cref="KeyValueStoreView{TKey, TValue}"/> holds here too. It shows the sessions that the store's retention keeps.
/// </summary>
public sealed class SessionStoreView<TKey, TValue>
    where TKey : notnull
{
    private readonly StoreTasks _tasks;
    private readonly Func<TKey, int> _partitionOf;

    internal SessionStoreView(StoreTasks tasks, Func<TKey, int> partitionOf) => (_tasks, _partitionOf) = (tasks, partitionOf);

    /// <summary>The sessions of a key, in order of end, then start.</summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>> FetchAsync(TKey key, CancellationToken cancellation = default) =>
        FindAsync(key, long.MinValue, long.MaxValue, cancellation);

    /// <summary>
    /// The sessions of a key that end at or after <paramref name="earliestEndMs"/> and start at or before <paramref name="latestStartMs"/>, in order of
    /// end, then start.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>> FindAsync(
        TKey key, long earliestEndMs, long latestStartMs, CancellationToken cancellation = default) =>
        _tasks.AskAsync<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>>(
            _partitionOf(key), store => Store(store).Find(key, earliestEndMs, latestStartMs).ToList(), cancellation);

    /// <summary>All sessions of the partitions that are here, by partition. Those of one key are in order of end, then start.</summary>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public async Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>> AllAsync(CancellationToken cancellation = default) =>
        (await _tasks.AskAllAsync(static store => Store(store).All().ToList(), cancellation).ConfigureAwait(false)).SelectMany(static l => l).ToList();

    private static IReadOnlySessionStore<TKey, TValue> Store(IStateStore store) => (IReadOnlySessionStore<TKey, TValue>)store;
}
