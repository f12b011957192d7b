using CrashStreams.Stores;

namespace CrashStreams.Engine;

/// <summary>The copies of a global table: every thread has it whole, so any of them answers for all partitions.</summary>
/// <param name="store">The store's name.</param>
/// <param name="threads">The threads of the instance as of now.</param>
internal sealed class GlobalTableCopies(string store, Func<IEnumerable<StreamThread>> threads) : IStoreHolders
{
    public Task<T> AskAsync<T>(int partition, Func<IStateStore, T> question, CancellationToken cancellation)
    {
        var thread = threads().FirstOrDefault(static t => t.Globals is { IsComplete: true });
        return thread is null
            ? Task.FromException<T>(new StoreUnavailableException(StoreUnavailableReason.Restoring, $"Store '{store}': the global table is still being read."))
            : thread.Queries.Ask(() => question(thread.Globals!.Store(store)!)).WaitAsync(cancellation);
    }

    public async Task<IReadOnlyList<T>> AskAllAsync<T>(Func<IStateStore, T> question, CancellationToken cancellation) => [await AskAsync(0, question, cancellation).ConfigureAwait(false)];
}
