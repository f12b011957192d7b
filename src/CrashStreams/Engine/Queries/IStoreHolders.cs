using CrashStreams.Stores;

namespace CrashStreams.Engine;

/// <summary>Those who have a store of the topology in this process, and answer questions about it.</summary>
internal interface IStoreHolders
{
    /// <summary>Asks the store of one partition.</summary>
    Task<T> AskAsync<T>(int partition, Func<IStateStore, T> question, CancellationToken cancellation);

    /// <summary>Asks the stores of all partitions that are here; answers in the order of the partitions.</summary>
    Task<IReadOnlyList<T>> AskAllAsync<T>(Func<IStateStore, T> question, CancellationToken cancellation);
}
