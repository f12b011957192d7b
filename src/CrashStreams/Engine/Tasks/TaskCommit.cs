using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>What a task adds to a commit of its thread, and what it learns of it.</summary>
/// <param name="context">What the task's operators share.</param>
/// <param name="inputs">The task's inputs.</param>
/// <param name="listeners">Operators that act outside of the log.</param>
/// <param name="fault">Called with what an operator throws.</param>
internal sealed class TaskCommit(TaskContext context, IReadOnlyList<InputPartition> inputs, IReadOnlyList<ICommitListener> listeners, Action<Exception> fault)
{
    private readonly TaskChangelog _changelog = new(context);
    private long _watermarkToCommit = TaskClock.Unknown;
    private long _cachedBytes;
    private long _dirtyBytes;

    /// <summary>The closing clock as of the last commit that the group confirmed: an owner after this one begins there.</summary>
    public long CommittedWatermark { get; private set; } = TaskClock.Unknown;

    /// <summary>Whether operators want to know of each commit.</summary>
    public bool HasListeners => listeners.Count > 0;

    /// <summary>What the stores held in memory at the last commit, and what of it was written; read by collectors of metrics.</summary>
    public (long Bytes, long Dirty) PublishedCache => (Volatile.Read(ref _cachedBytes), Volatile.Read(ref _dirtyBytes));

    /// <summary>Removes an entry of a store from its changelog.</summary>
    public void RemoveFromChangelog(IStateStore store, in LogRecord record) => _changelog.Append(store, new LogRecord { Key = record.Key, HasKey = record.HasKey, Timestamp = record.Timestamp });

    /// <summary>Writes changed state to the changelogs and answers what has to be committed with it.</summary>
    public void Prepare(IDictionary<TopicPartition, OffsetAndMetadata> offsets)
    {
        context.CommitRequested = false;
        _watermarkToCommit = inputs.Any(static i => i.NextOffset >= 0) ? context.Clock.Watermark : CommittedWatermark;
        // What is wrong with an entry now has nothing to do with the record that came last.
        context.Current.Clear();
        Volatile.Write(ref _dirtyBytes, DirtyBytes());
        foreach (var store in context.Stores)
            store.Flush(_changelog);
        Volatile.Write(ref _cachedBytes, context.Stores.Sum(static store => store.CachedBytes));
        // The text is long where many tasks write an input: 4 KB and more.
        if (!context.HasChanged)
            return;
        foreach (var input in inputs)
        {
            if (input.NextOffset < 0)
                continue;
            var metadata = CommittedPosition.Text(CommittedTime.Of(context.Clock, input.Clock), input.Topics, input.NextEntry);
            if (input.NextOffset != input.CommittedOffset || metadata != input.CommittedMetadata)
                offsets[input.Partition] = new(input.NextOffset, metadata);
        }
    }

    /// <summary>The log has committed: the engines follow.</summary>
    /// <param name="local">What the task keeps on the instance's storage; null without one.</param>
    /// <param name="offsets">What the group confirmed.</param>
    /// <param name="ends">Ends of changelogs as told before the commit.</param>
    /// <param name="wrote">Called with the changelogs that have got longer.</param>
    public void Committed(
        LocalState? local, IReadOnlyDictionary<TopicPartition, OffsetAndMetadata> offsets, IReadOnlyDictionary<TopicPartition, long> ends, Action<TopicPartition> wrote)
    {
        CommittedWatermark = _watermarkToCommit;
        context.HasChanged = false;
        local?.Write(offsets.Count > 0 ? ends : null, wrote);
        foreach (var input in inputs)
        {
            if (offsets.TryGetValue(input.Partition, out var committed))
                (input.CommittedOffset, input.CommittedMetadata, input.IsClaimed) = (committed.Offset, committed.Metadata, true);
        }

        foreach (var listener in listeners)
            Notify(listener);
    }

    /// <summary>What is in memory over engines, and could be evicted.</summary>
    public long CachedBytes()
    {
        var bytes = 0L;
        foreach (var store in context.Stores)
            bytes += store.Engine is null ? 0 : store.CachedBytes;
        return bytes;
    }

    public long DirtyBytes()
    {
        var bytes = 0L;
        foreach (var store in context.Stores)
            bytes += store.DirtyBytes;
        return bytes;
    }

    private void Notify(ICommitListener listener)
    {
        try
        {
            listener.OnCommitted();
        }
        catch (Exception e) when (FaultPolicy.IsOperators(e))
        {
            fault(e);
        }
    }
}
