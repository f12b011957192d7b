using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Deletes the part of window changelogs in which all windows have expired, by the application's own clock; a broker would look at the age of records, and in a
/// backlog delete state as it is written. From time to time a mark is set: the log's end, and the latest window start that was logged until then. When a commit
/// has moved expiry past that start, nothing before the mark is needed any more. See docs/decisions/window-changelogs-are-purged.md.
/// </summary>
internal sealed class ChangelogPurge(ILogAdmin admin, TimeSpan interval, ILogger logger) : IDisposable
{
    // Marks within a retention: what is deleted late is a part of this.
    private const int MarksPerRetention = 16;

    private static readonly TimeSpan _patienceAtEnd = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TopicPartition, Queue<Mark>> _marks = [];
    private Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>>? _asked;
    private Task _deleting = Task.CompletedTask;
    private long _lastMs = long.MinValue / 2;

    /// <summary>After a commit that the group has confirmed. Asks for what is due, without waiting: a failed request is made again.</summary>
    public void RunOnce(long nowMs, IReadOnlyCollection<StreamTask> tasks)
    {
        var isDue = nowMs - _lastMs >= (long)interval.TotalMilliseconds && _deleting.IsCompleted;
        if (_asked is { IsCompleted: false } || (_asked is null && !isDue))
            return;
        var stores = tasks.SelectMany(t => t.LoggedStores.OfType<IWindowHistory>(), (t, s) => (At: new TopicPartition(((IStateStore)s).ChangelogTopic!, t.Id.Partition), Store: s))
            .ToDictionary(s => s.At, s => s.Store);
        if (_asked is { } answered)
            SetMarks(answered, stores);
        if (!isDue)
            return;
        _lastMs = nowMs;
        try
        {
            Delete(stores);
            Ask(stores);
        }
        catch (LogException e)
        {
            Failed(e);
        }
    }

    public void Dispose() => ((IAsyncResult)_deleting).AsyncWaitHandle.WaitOne(_patienceAtEnd);

    // Whatever lies before the end was sent before now, so its windows start no later than the latest of now.
    private void SetMarks(Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>> answered, Dictionary<TopicPartition, IWindowHistory> stores)
    {
        _asked = null;
        if (!answered.IsCompletedSuccessfully)
        {
            Failed(answered.Exception?.GetBaseException());
            return;
        }

        foreach (var (changelog, (_, end)) in answered.Result)
        {
            if (stores.TryGetValue(changelog, out var store))
                Marks(changelog).Enqueue(new(end, store.LatestStart));
        }
    }

    private void Delete(Dictionary<TopicPartition, IWindowHistory> stores)
    {
        if (_deleting.Exception?.GetBaseException() is { } failure)
            Failed(failure);
        foreach (var lost in _marks.Keys.Where(c => !stores.ContainsKey(c)).ToList())
            _marks.Remove(lost);
        var before = new Dictionary<TopicPartition, long>();
        foreach (var (changelog, marks) in _marks)
        {
            while (marks.TryPeek(out var mark) && mark.LatestStart < stores[changelog].ExpiredBefore)
                before[changelog] = marks.Dequeue().End;
        }

        if (before.Count > 0)
            _deleting = admin.DeleteRecordsAsync(before, CancellationToken.None);
    }

    private void Ask(Dictionary<TopicPartition, IWindowHistory> stores)
    {
        var grown = stores.Where(s => s.Value.LatestStart > LastMarked(s.Key) + (s.Value.RetentionMs / MarksPerRetention)).Select(s => s.Key).ToList();
        if (grown.Count > 0)
            _asked = admin.OffsetsAsync(grown, CancellationToken.None);
    }

    private long LastMarked(in TopicPartition changelog) => _marks.TryGetValue(changelog, out var marks) && marks.Count > 0 ? marks.Last().LatestStart : long.MinValue / 2;

    private Queue<Mark> Marks(in TopicPartition changelog)
    {
        if (!_marks.TryGetValue(changelog, out var marks))
            _marks.Add(changelog, marks = []);
        return marks;
    }

    // Nothing is lost: a later mark takes the earlier ones along.
    private void Failed(Exception? e) =>
        logger.ChangelogNotPurged(e?.Message);

    private readonly record struct Mark(long End, long LatestStart);
}
