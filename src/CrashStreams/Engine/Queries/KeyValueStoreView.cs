using CrashStreams.Engine;
using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>
/// A key-value store of a running application, to be read by anyone; see <see cref="StreamsApplication.KeyValueStore"/>. Each question is answered by
/// the stream thread that owns the store, between two of its turns: it sees everything that this thread has processed so far, committed or not, so a
/// value may be taken back by a crash. Questions about several partitions see each thread at a moment of its own. The thread does nothing else while
/// it reads: long scans delay its records.
/// </summary>
public sealed class KeyValueStoreView<TKey, TValue>
    where TKey : notnull
{
    private readonly IStoreHolders _tasks;
    private readonly Func<TKey, int> _partitionOf;

    internal KeyValueStoreView(IStoreHolders tasks, Func<TKey, int> partitionOf) => (_tasks, _partitionOf) = (tasks, partitionOf);

    /// <summary>
    /// A key with its value; null when there is none. Looks in the partition that Kafka's default partitioner gives the key: of a store behind a source
    /// topic that is written with another partitioner, ask <see cref="GetAsync(TKey, int, CancellationToken)"/>.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The partition is not here, still restoring, or the application does not run.</exception>
    public Task<KeyValuePair<TKey, TValue>?> GetAsync(TKey key, CancellationToken cancellation = default) => GetAsync(key, _partitionOf(key), cancellation);

    /// <summary>A key of a partition with its value; null when there is none.</summary>
    /// <exception cref="StoreUnavailableException">The partition is not here, still restoring, or the application does not run.</exception>
    public Task<KeyValuePair<TKey, TValue>?> GetAsync(TKey key, int partition, CancellationToken cancellation = default) =>
        _tasks.AskAsync(partition, store => Store(store).TryGet(key, out var value) ? KeyValuePair.Create(key, value) : (KeyValuePair<TKey, TValue>?)null, cancellation);

    /// <summary>The entries whose serialized keys lie between both, inclusive, of the partitions that are here: by partition, then in the order of the serialized keys.</summary>
    /// <param name="from">The lower bound, inclusive.</param>
    /// <param name="to">The upper bound, inclusive.</param>
    /// <param name="reversed">Whether each partition begins with the last key.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<TKey, TValue>>> RangeAsync(TKey from, TKey to, bool reversed = false, CancellationToken cancellation = default) =>
        ListAsync(store => store.Range(from, to, reversed), cancellation);

    /// <summary>The entries whose serialized keys begin with the bytes of a prefix, of the partitions that are here: by partition, then in the order of the serialized keys.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <param name="serde">Writes it.</param>
    /// <param name="reversed">Whether each partition begins with the last key.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<TKey, TValue>>> PrefixAsync<TPrefix>(TPrefix prefix, Serde<TPrefix> serde, bool reversed = false, CancellationToken cancellation = default) =>
        ListAsync(store => store.Prefix(prefix, serde, reversed), cancellation);

    /// <summary>All entries of the partitions that are here: by partition, then in the order of the serialized keys.</summary>
    /// <param name="reversed">Whether each partition begins with the last key.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public Task<IReadOnlyList<KeyValuePair<TKey, TValue>>> AllAsync(bool reversed = false, CancellationToken cancellation = default) => ListAsync(store => store.All(reversed), cancellation);

    /// <summary>The number of entries of the partitions that are here; over a state engine an estimate, without those changed since the last commit.</summary>
    /// <exception cref="StoreUnavailableException">No partition is here, one of them is still restoring, or the application does not run.</exception>
    public async Task<long> CountAsync(CancellationToken cancellation = default) =>
        (await _tasks.AskAllAsync(static store => Store(store).Count, cancellation).ConfigureAwait(false)).Sum();

    private static IReadOnlyKeyValueStore<TKey, TValue> Store(IStateStore store) => (IReadOnlyKeyValueStore<TKey, TValue>)store;

    // Enumerated by the stream thread: an iteration over an engine is no one else's.
    private async Task<IReadOnlyList<KeyValuePair<TKey, TValue>>> ListAsync(
        Func<IReadOnlyKeyValueStore<TKey, TValue>, IEnumerable<KeyValuePair<TKey, TValue>>> read, CancellationToken cancellation) =>
        (await _tasks.AskAllAsync(store => read(Store(store)).ToList(), cancellation).ConfigureAwait(false)).SelectMany(static l => l).ToList();
}
