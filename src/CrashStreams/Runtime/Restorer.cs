using CrashStreams.Log;
using CrashStreams.State;

namespace CrashStreams.Runtime;

/// <summary>Brings the stores of new tasks up to date from their changelogs, a batch at a time, while other tasks go on.</summary>
internal sealed class Restorer(Func<ILogConsumer> createConsumer, ILogAdmin admin) : IDisposable
{
    private readonly Dictionary<TopicPartition, (StreamTask Task, IStateStore Store, long End)> _active = [];
    private readonly Dictionary<TopicPartition, long> _next = [];
    private ILogConsumer? _consumer;

    public bool IsActive => _active.Count > 0;

    /// <summary>Begins with tasks; those without anything to restore are answered at once.</summary>
    public IReadOnlyList<StreamTask> Begin(IReadOnlyCollection<StreamTask> tasks)
    {
        var wanted = tasks.SelectMany(t => t.LoggedStores.Select(s => (Partition: new TopicPartition(s.ChangelogTopic!, t.Id.Partition), Task: t, Store: s))).ToList();
        if (wanted.Count > 0)
        {
            var offsets = admin.OffsetsAsync(wanted.ConvertAll(w => w.Partition), CancellationToken.None).GetAwaiter().GetResult();
            foreach (var (partition, task, store) in wanted)
            {
                var (start, end) = offsets[partition];
                if (start >= end)
                    continue;
                _active[partition] = (task, store, end);
                _next[partition] = start;
            }

            Assign();
        }

        return tasks.Where(t => _active.Values.All(a => a.Task != t)).ToList();
    }

    /// <summary>One batch; answers the tasks that are complete with it.</summary>
    public IReadOnlyList<StreamTask> RunOnce(TimeSpan maxWait)
    {
        var batch = _consumer!.Poll(maxWait);
        for (var i = 0; i < batch.Count; i++)
        {
            var record = batch[i];
            var partition = batch.Partitions[record.PartitionIndex];
            if (!_active.TryGetValue(partition, out var restoring))
                continue;
            restoring.Store.Restore(in record);
            _next[partition] = record.Offset + 1;
        }

        var done = _active.Where(a => Math.Max(_next[a.Key], _consumer.Position(a.Key)) >= a.Value.End).ToList();
        if (done.Count == 0)
            return [];
        foreach (var (partition, _) in done)
            _active.Remove(partition);
        Assign();
        return done.Select(d => d.Value.Task).Distinct().Where(t => _active.Values.All(a => a.Task != t)).ToList();
    }

    /// <summary>Forgets a task that was taken away.</summary>
    public void Remove(StreamTask task)
    {
        var partitions = _active.Where(a => a.Value.Task == task).Select(a => a.Key).ToList();
        if (partitions.Count == 0)
            return;
        foreach (var partition in partitions)
            _active.Remove(partition);
        Assign();
    }

    public void Dispose() => _consumer?.Dispose();

    private void Assign()
    {
        if (_consumer is null && _active.Count == 0)
            return;
        _consumer ??= createConsumer();
        _consumer.Assign(_active.Keys.ToDictionary(p => p, p => _next[p]));
    }
}
