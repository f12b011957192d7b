using CrashStreams.Log;
using CrashStreams.Plan;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// The partitions that the group has given a thread, and the tasks that they make possible: a task begins when all of its partitions are here and ends with the first that
/// goes. A partition that no task reads yet is paused where its reader will begin.
/// </summary>
internal sealed class AssignedTasks(string threadName, Topology topology, InternalTopics topics, ILogConsumer consumer, ILogger logger)
{
    private readonly SortedDictionary<TaskId, StreamTask> _tasks = [];
    private readonly List<TaskLayout> _layouts = topology.SubTopologies.Where(static s => s.Sources.Any()).Select(topics.TasksOf).ToList();
    private readonly Dictionary<TopicPartition, InputPartition> _inputs = [];
    private readonly HashSet<TopicPartition> _partitions = [];
    private readonly HashSet<TopicPartition> _paused = [];
    private StreamTask[] _inOrder = [];
    private InputPartition?[] _inputByIndex = [];

    /// <summary>Tasks as of now, by id; other threads may read it, because it is replaced and never changed.</summary>
    public StreamTask[] InOrder => Volatile.Read(ref _inOrder);

    /// <summary>Whether the group has given the thread nothing.</summary>
    public bool IsUnassigned => _partitions.Count == 0;

    public bool Contains(TaskId id) => _tasks.ContainsKey(id);

    /// <summary>Takes partitions over. Answers the tasks that are complete with them.</summary>
    /// <param name="added">The partitions.</param>
    /// <param name="create">Makes a task.</param>
    public List<StreamTask> Add(IReadOnlyCollection<TopicPartition> added, Func<TaskId, TaskLayout, StreamTask> create)
    {
        foreach (var (topic, partition) in added)
        {
            if (partition >= topics.PartitionsOf(topic))
                throw new TopologyException($"Topic '{topic}' has got more partitions: {topics.PartitionsOf(topic)} when this instance started, and at least {partition + 1} now. Restart the application's instances: nobody would read the new ones. Its repartition topics and changelogs must be as wide: where they were made by this application, reset it, or give them a fixed number of partitions.");
        }

        _partitions.UnionWith(added);
        var created = new List<StreamTask>();
        foreach (var layout in _layouts)
        {
            for (var task = 0; task < layout.Count; task++)
            {
                var id = new TaskId(layout.SubTopology.Id, task);
                if (_tasks.ContainsKey(id) || !layout.InputsOf(task).All(_partitions.Contains))
                    continue;
                var made = create(id, layout);
                _tasks.Add(id, made);
                created.Add(made);
            }
        }

        Changed();
        if (created.Count > 0)
            logger.TasksAssigned(threadName, created.Count, string.Join(' ', created.Select(t => t.Id)));
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
            GiveBack(task);
        }

        Changed();
        if (ending.Count > 0)
            logger.TasksClosed(threadName, ending.Count, string.Join(' ', ending.Select(t => t.Id)));
    }

    /// <summary>The input that a record of a poll belongs to; null when no task reads it yet.</summary>
    public InputPartition? InputOf(LogBatch batch, int partitionIndex)
    {
        var known = _inputByIndex;
        return (uint)partitionIndex < (uint)known.Length && known[partitionIndex] is { } input ? input : Find(batch.Partitions, partitionIndex);
    }

    /// <summary>No task reads the partition yet, or it is still restoring: the record and those behind it are read again when it runs.</summary>
    public void Postpone(in TopicPartition partition, long offset)
    {
        if (!_partitions.Contains(partition) || !_paused.Add(partition))
            return;
        consumer.Seek(partition, offset);
        consumer.Pause([partition]);
    }

    /// <summary>What is left of a batch is read again by the next polls.</summary>
    public void GiveBack(LogBatch batch, int from)
    {
        var firstOffsets = new Dictionary<int, long>();
        for (var i = from; i < batch.Count; i++)
        {
            var record = batch[i];
            firstOffsets.TryAdd(record.PartitionIndex, record.Offset);
        }

        foreach (var (index, offset) in firstOffsets)
        {
            if (_partitions.Contains(batch.Partitions[index]) && !_paused.Contains(batch.Partitions[index]))
                consumer.Seek(batch.Partitions[index], offset);
        }
    }

    /// <summary>Tasks whose stores are complete begin to process.</summary>
    public void Run(IReadOnlyList<StreamTask> tasks, long nowMs)
    {
        foreach (var task in tasks)
        {
            task.Context.BeginTurn(nowMs);
            task.MoveTo(TaskState.Running);
            Resume(task);
        }
    }

    // Reads on what was postponed.
    private void Resume(StreamTask task)
    {
        var paused = task.Inputs.Select(i => i.Partition).Where(_paused.Remove).ToList();
        if (paused.Count > 0)
            consumer.Resume(paused);
    }

    // What the task has buffered, or processed without a commit, its next life here or elsewhere reads again.
    private void GiveBack(StreamTask task)
    {
        foreach (var input in task.Inputs.Where(i => _partitions.Contains(i.Partition)))
        {
            var next = input.CommittedOffset >= 0 ? input.CommittedOffset : input.FirstOffset;
            if (input.FirstOffset < 0)
                continue;
            consumer.Seek(input.Partition, next);
            if (_paused.Add(input.Partition) && !input.IsHeldBack)
                consumer.Pause([input.Partition]);
        }
    }

    private InputPartition? Find(IReadOnlyList<TopicPartition> partitions, int index)
    {
        if (!_inputs.TryGetValue(partitions[index], out var input))
            return null;
        if (_inputByIndex.Length < partitions.Count)
            Array.Resize(ref _inputByIndex, partitions.Count);
        return _inputByIndex[index] = input;
    }

    private void Changed()
    {
        Volatile.Write(ref _inOrder, [.. _tasks.Values]);
        _inputs.Clear();
        foreach (var input in _tasks.Values.SelectMany(static t => t.Inputs))
            _inputs[input.Partition] = input;
        Array.Clear(_inputByIndex);
    }
}
