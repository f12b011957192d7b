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
    private readonly IStoreHolders _tasks;
    private readonly Func<TKey, int> _partitionOf;

    internal SessionStoreView(IStoreHolders tasks, Func<TKey, int> partitionOf) => (_tasks, _partitionOf) = (tasks, partitionOf);

    /// <summary>The key and value of a session; null when there is none with exactly these bounds.</summary>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<KeyValuePair<Windowed<TKey>, TValue>?> GetAsync(TKey key, Window session, CancellationToken cancellation = default) =>
        _tasks.AskAsync(
            _partitionOf(key), store => Store(store).TryGet(key, session, out var value) ? KeyValuePair.Create(new Windowed<TKey>(key, session), value) : (KeyValuePair<Windowed<TKey>, TValue>?)null,
            cancellation);

    /// <summary>The sessions of a key, in order of end, then start.</summary>
    /// <param name="key">The key.</param>
    /// <param name="reversed">Whether to begin with the latest end.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>> FetchAsync(TKey key, bool reversed = false, CancellationToken cancellation = default) =>
        FindAsync(key, long.MinValue, long.MaxValue, reversed, cancellation);

    /// <summary>
    /// The sessions of a key that end at or after <paramref name="earliestEndMs"/> and start at or before <paramref name="latestStartMs"/>, in order of
    /// end, then start.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="earliestEndMs">The lower bound of ends, inclusive.</param>
    /// <param name="latestStartMs">The upper bound of starts, inclusive.</param>
    /// <param name="reversed">Whether to begin with the latest end.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">The key's partition is not here, still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>> FindAsync(
        TKey key, long earliestEndMs, long latestStartMs, bool reversed = false, CancellationToken cancellation = default) =>
        _tasks.AskAsync<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>>(
            _partitionOf(key), store => Store(store).Find(key, earliestEndMs, latestStartMs, reversed).ToList(), cancellation);

    /// <summary>The same, of the keys whose serialized bytes lie between both, inclusive, of the partitions that are here, by partition. Those of one key are in order of end, then start.</summary>
    /// <param name="from">The lower bound of keys, inclusive.</param>
    /// <param name="to">The upper bound of keys, inclusive.</param>
    /// <param name="earliestEndMs">The lower bound of ends, inclusive.</param>
    /// <param name="latestStartMs">The upper bound of starts, inclusive.</param>
    /// <param name="reversed">Whether each key's sessions begin with the latest end.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>> RangeAsync(
        TKey from, TKey to, long earliestEndMs = long.MinValue, long latestStartMs = long.MaxValue, bool reversed = false, CancellationToken cancellation = default) =>
        ListAsync(store => store.Range(from, to, earliestEndMs, latestStartMs, reversed), cancellation);

    /// <summary>All sessions of the partitions that are here, by partition. Those of one key are in order of end, then start.</summary>
    /// <param name="reversed">Whether each key's sessions begin with the latest end.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>> AllAsync(bool reversed = false, CancellationToken cancellation = default) => ListAsync(store => store.All(reversed), cancellation);

    // Enumerated by the stream thread: an iteration over an engine is no one else's.
    private async Task<IReadOnlyList<KeyValuePair<Windowed<TKey>, TValue>>> ListAsync(
        Func<IReadOnlySessionStore<TKey, TValue>, IEnumerable<KeyValuePair<Windowed<TKey>, TValue>>> read, CancellationToken cancellation) =>
        (await _tasks.AskAllAsync(store => read(Store(store)).ToList(), cancellation).ConfigureAwait(false)).SelectMany(static l => l).ToList();

    private static IReadOnlySessionStore<TKey, TValue> Store(IStateStore store) => (IReadOnlySessionStore<TKey, TValue>)store;
}
