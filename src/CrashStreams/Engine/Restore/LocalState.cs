using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// A task's share of the instance's storage: its lock and its stores' engines. What the engines hold is what some commit of an owner left, never
/// more, so a restore adds the rest of the changelog. Where that can't be right the content is deleted and rebuilt, and the log says so.
/// </summary>
internal sealed class LocalState(IStateStorage storage, string application, TaskId task, IReadOnlyCollection<IStateStore> stores, TimeProvider time, ILogger logger)
{
    // A changelog forgets removals after delete.retention.ms (24 h by default): content that missed some must not be older.
    private static readonly TimeSpan _maxAge = TimeSpan.FromHours(23);

    // How old the time may get that tells the age, while a task has nothing to write.
    private static readonly TimeSpan _refresh = TimeSpan.FromHours(1);

    private readonly string _task = task.ToString();
    private bool _isLocked;

    /// <summary>Claims the task's state and opens it; false while somebody else holds it.</summary>
    public bool TryOpen()
    {
        if (_isLocked)
            return true;
        if (!storage.TryLock(application, _task))
            return false;
        _isLocked = true;
        foreach (var store in stores.Where(s => s.Kind is not null))
            Open(store);
        return true;
    }

    /// <summary>Where the restore of a store begins, given what there is of its changelog.</summary>
    public long RestoreFrom(IStateStore store, in Changelog changelog)
    {
        if (store.Engine is { Position: >= 0 } engine && WhyUseless(engine, in changelog) is { } reason)
            Rebuild(store, reason);
        if (store.Engine is not { } current)
            return changelog.Start;
        current.ChangelogId = changelog.TopicId ?? current.ChangelogId;
        return current.Position >= 0 ? current.Position : changelog.Start;
    }

    /// <summary>Deletes what there is of a store.</summary>
    public void Empty(IStateStore store, string reason)
    {
        if (store.Engine is not null)
            Rebuild(store, reason);
    }

    /// <summary>Whether something is known of a store that is worth writing even though nothing has changed in it.</summary>
    public bool Owes(IReadOnlyDictionary<TopicPartition, long> ends) => stores.Any(s => Owes(s, ends));

    /// <summary>Writes what was committed.</summary>
    /// <param name="ends">
    /// Ends of the changelogs as they were told before the group confirmed this commit; null when it did not: then the owner of the
    /// changelog may be another by now, and nothing is known about its end.
    /// </param>
    /// <param name="wrote">Hears of the changelogs that have got longer.</param>
    public void Write(IReadOnlyDictionary<TopicPartition, long>? ends, Action<TopicPartition> wrote)
    {
        foreach (var store in stores)
        {
            if (store.Engine is not { } engine)
                continue;
            var hasChanges = engine.HasChanges;
            if (!hasChanges && (ends is null || !Owes(store, ends)))
                continue;
            engine.Write(PositionOf(store, ends), ends is null ? null : NowMs());
            if (hasChanges && store.ChangelogTopic is not null)
                wrote(ChangelogOf(store));
        }
    }

    /// <summary>Gives the state up. What was not committed is dropped with the cache.</summary>
    public void Close(bool isInOrder)
    {
        if (!_isLocked)
            return;
        _isLocked = false;
        try
        {
            foreach (var store in stores.Where(s => isInOrder && s.Engine is not null))
                store.Engine!.Flush();
        }
        finally
        {
            Close(stores.Where(s => s.Engine is not null).GetEnumerator());
        }
    }

    // One that can't be closed keeps neither the others open nor the task locked.
    private void Close(IEnumerator<IStateStore> rest)
    {
        if (!rest.MoveNext())
        {
            storage.Unlock(application, _task);
            return;
        }

        var store = rest.Current;
        try
        {
            store.Engine!.Dispose();
            if (store.Engine.IsCorrupt)
                Delete(store, "it can't be read");
        }
        finally
        {
            Close(rest);
        }
    }

    private string? WhyUseless(StoreEngine engine, in Changelog changelog)
    {
        var topic = changelog.At.Topic;
        if (changelog.WasMadeAnewSince(engine.ChangelogId))
            return $"{topic} was deleted and made anew since: the state is of the topic with the id {engine.ChangelogId}, which is {changelog.TopicId} now";
        if (engine.Position > changelog.End)
            return $"its position {engine.Position} lies beyond the end {changelog.End} of {topic}, which was made anew or has lost records";
        if (engine.Position < changelog.Start)
            return $"{topic} begins at {changelog.Start} and the state ends at {engine.Position}";
        if (engine.Position < changelog.End && NowMs() - engine.CompleteAtMs > _maxAge.TotalMilliseconds)
            return $"it is more than {_maxAge.TotalHours:0} hours old, and {topic} may have forgotten removals since";
        return null;
    }

    private long PositionOf(IStateStore store, IReadOnlyDictionary<TopicPartition, long>? ends) =>
        store.ChangelogTopic is null ? 0 : ends?.GetValueOrDefault(ChangelogOf(store), -1) ?? -1;

    private bool Owes(IStateStore store, IReadOnlyDictionary<TopicPartition, long> ends) =>
        store is { Engine: { } engine, ChangelogTopic: not null }
        && (ends.GetValueOrDefault(ChangelogOf(store), -1) > engine.Position || (engine.Position >= 0 && NowMs() - engine.CompleteAtMs > _refresh.TotalMilliseconds));

    private TopicPartition ChangelogOf(IStateStore store) => new(store.ChangelogTopic!, task.Partition);

    private void Open(IStateStore store)
    {
        IStateEngine engine;
        try
        {
            engine = storage.Open(application, _task, store.Name);
        }
        catch (StateCorruptedException e)
        {
            Delete(store, e.Message);
            engine = storage.Open(application, _task, store.Name);
        }

        store.Attach(new(engine, store.Name, StateTag.OwnerOf(application, store.Kind!)));
    }

    private void Rebuild(IStateStore store, string reason)
    {
        store.Engine!.Dispose();
        Delete(store, reason);
        Open(store);
    }

    private void Delete(IStateStore store, string reason)
    {
        logger.StateDeleted(_task, store.Name, reason);
        storage.Delete(application, _task, store.Name);
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
