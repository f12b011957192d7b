using CrashStreams.Log;
using CrashStreams.Plan;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// The partitions that the group has given a thread, and the tasks that they make possible: a task begins when all of its partitions are here (the range
/// assignment gives partition i of every topic to the same member) and ends with the first that goes.
/// </summary>
internal sealed class AssignedTasks(string threadName, Topology topology, string applicationId, InternalTopics topics, ILogConsumer consumer, ILogger logger)
{
    private readonly SortedDictionary<TaskId, StreamTask> _tasks = [];
    private readonly List<(SubTopology SubTopology, List<string> Inputs, int Tasks)> _shapes = topology.SubTopologies.Where(s => s.Sources.Any())
        .Select(s => (s, s.Sources.SelectMany(n => n.Topics.Select(t => InternalTopics.FullName(applicationId, t, n.IsRepartition))).ToList(), topics.TaskCount(s, applicationId))).ToList();

    private readonly HashSet<TopicPartition> _partitions = [];
    private readonly HashSet<TopicPartition> _paused = [];
    private StreamTask[] _inOrder = [];
    private InputPartition?[] _inputByIndex = [];

    /// <summary>Tasks as of now, by id; other threads may read it, because it is replaced and never changed.</summary>
    public StreamTask[] InOrder => Volatile.Read(ref _inOrder);

    public bool Contains(TaskId id) => _tasks.ContainsKey(id);

    /// <summary>Takes partitions over. Answers the tasks that are complete with them.</summary>
    /// <param name="added">The partitions.</param>
    /// <param name="create">Makes a task.</param>
    public List<StreamTask> Add(IReadOnlyCollection<TopicPartition> added, Func<TaskId, SubTopology, StreamTask> create)
    {
        foreach (var (topic, partition) in added)
        {
            if (partition >= topics.PartitionsOf(topic))
                throw new TopologyException($"Topic '{topic}' has got more partitions: {topics.PartitionsOf(topic)} when this instance started, and at least {partition + 1} now. Restart the application's instances: nobody would read the new ones. Its repartition topics and changelogs must be as wide: where they were made by this application, reset it, or give them a fixed number of partitions.");
        }

        _partitions.UnionWith(added);
        var created = new List<StreamTask>();
        foreach (var (subTopology, inputs, count) in _shapes)
        {
            for (var partition = 0; partition < count; partition++)
            {
                var id = new TaskId(subTopology.Id, partition);
                if (_tasks.ContainsKey(id) || !IsComplete(inputs, partition))
                    continue;
                var task = create(id, subTopology);
                _tasks.Add(id, task);
                created.Add(task);
            }
        }

        Changed();
        if (created.Count > 0)
            logger.LogInformation("{Thread}: {Count} tasks assigned: {Tasks}", threadName, created.Count, string.Join(' ', created.Select(t => t.Id)));
        return created;
    }

    /// <summary>Gives partitions up, and closes the tasks that end with them.</summary>
    public void Remove(IReadOnlyCollection<TopicPartition> removed, Action<StreamTask> close)
    {
        _partitions.ExceptWith(removed);
        // The client forgets that they were paused; to remember it would skip their records when they come back.
        _paused.ExceptWith(removed);
        var ending = _tasks.Values.Where(t => t.Inputs.Any(i => removed.Contains(i.Partition))).ToList();
        foreach (var task in ending)
        {
            close(task);
            _tasks.Remove(task.Id);
        }

        Changed();
        if (ending.Count > 0)
            logger.LogInformation("{Thread}: {Count} tasks closed: {Tasks}", threadName, ending.Count, string.Join(' ', ending.Select(t => t.Id)));
    }

    /// <summary>The input that a record of a poll belongs to; null when no task reads it.</summary>
    public InputPartition? InputOf(LogBatch batch, int partitionIndex)
    {
        var known = _inputByIndex;
        return (uint)partitionIndex < (uint)known.Length && known[partitionIndex] is { } input ? input : Find(batch.Partitions, partitionIndex);
    }

    /// <summary>The task is still restoring: its records are read again when it runs.</summary>
    public void Postpone(InputPartition input, long offset)
    {
        if (!_paused.Add(input.Partition))
            return;
        consumer.Seek(input.Partition, offset);
        consumer.Pause([input.Partition]);
    }

    /// <summary>Reads on what was postponed.</summary>
    public void Resume(StreamTask task)
    {
        var paused = task.Inputs.Select(i => i.Partition).Where(_paused.Remove).ToList();
        if (paused.Count > 0)
            consumer.Resume(paused);
    }

    private bool IsComplete(List<string> inputs, int partition)
    {
        foreach (var topic in inputs)
        {
            if (partition < topics.PartitionsOf(topic) && !_partitions.Contains(new(topic, partition)))
                return false;
        }

        return true;
    }

    private InputPartition? Find(IReadOnlyList<TopicPartition> partitions, int index)
    {
        if (_inputByIndex.Length < partitions.Count)
            Array.Resize(ref _inputByIndex, partitions.Count);
        return _inputByIndex[index] = _tasks.Values.SelectMany(t => t.Inputs).FirstOrDefault(i => i.Partition == partitions[index]);
    }

    private void Changed()
    {
        Volatile.Write(ref _inOrder, [.. _tasks.Values]);
        Array.Clear(_inputByIndex);
    }
}
