using CrashStreams.Plan;
using CrashStreams.Stores;

namespace CrashStreams.Engine;

/// <summary>One store of the topology, in those of its tasks that run in this process.</summary>
/// <param name="store">The store's name.</param>
/// <param name="subTopology">The sub-topology that it belongs to.</param>
/// <param name="threads">The threads of the instance as of now.</param>
internal sealed class StoreTasks(string store, int subTopology, Func<IEnumerable<StreamThread>> threads) : IStoreHolders
{
    /// <summary>Asks the store of one partition.</summary>
    public Task<T> AskAsync<T>(int partition, Func<IStateStore, T> question, CancellationToken cancellation)
    {
        var id = new TaskId(subTopology, partition);
        var thread = threads().FirstOrDefault(t => t.Tasks.Any(r => r.Id == id));
        return thread is null
            ? Task.FromException<T>(NotHere($"partition {partition} is not here"))
            : thread.Queries.Ask(() => question(Find(thread, id))).WaitAsync(cancellation);
    }

    /// <summary>Asks the stores of all partitions that are here, each thread at once; answers in the order of the partitions.</summary>
    public async Task<IReadOnlyList<T>> AskAllAsync<T>(Func<IStateStore, T> question, CancellationToken cancellation)
    {
        var asked = new List<Task<List<(int Partition, T Answer)>>>();
        foreach (var thread in threads())
        {
            var ids = thread.Tasks.Select(t => t.Id).Where(i => i.SubTopology == subTopology).ToList();
            if (ids.Count > 0)
                asked.Add(thread.Queries.Ask(() => ids.ConvertAll(id => (id.Partition, question(Find(thread, id))))));
        }

        if (asked.Count == 0)
            throw NotHere("none of its partitions is here");
        var answers = await Task.WhenAll(asked).WaitAsync(cancellation).ConfigureAwait(false);
        return answers.SelectMany(static a => a).OrderBy(static a => a.Partition).Select(static a => a.Answer).ToList();
    }

    // In the stream thread: what was true when the question was asked may not be true any more.
    private IStateStore Find(StreamThread thread, TaskId id)
    {
        var task = thread.Tasks.FirstOrDefault(t => t.Id == id) ?? throw NotHere($"partition {id.Partition} is not here any more");
        return task.State == TaskState.Running
            ? task.Context.Store(store)
            : throw new StoreUnavailableException(StoreUnavailableReason.Restoring, $"Store '{store}': partition {id.Partition} is still being restored here.");
    }

    private StoreUnavailableException NotHere(string what) =>
        new(StoreUnavailableReason.NotHere, $"Store '{store}': {what}. Another instance has it, or it is about to move.");
}
