using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Notices that a topic that the thread reads was deleted: the group takes its partitions away and says no more about it, or gives those of a new topic of the same name. So after
/// each change of the assignment the log is asked, aside, and again for a while when a topic is missing.
/// </summary>
internal sealed class InputWatch(DeletedTopics deleted, IReadOnlyCollection<string> topics, ILogAdmin admin, TimeSpan deletedAfter)
{
    private Task<DeletedTopics.Changes>? _asked;
    private bool _isDue;
    private long _notBeforeMs = long.MinValue;
    private long? _missingSinceMs;

    public void AssignmentChanged() => _isDue = true;

    /// <summary>Asks, or hears.</summary>
    /// <exception cref="TopologyException">A topic is gone.</exception>
    public void RunOnce(long nowMs)
    {
        if (_asked is null)
        {
            if (_isDue && nowMs >= _notBeforeMs)
                Ask();
            return;
        }

        if (!_asked.IsCompleted)
            return;
        var asked = _asked;
        _asked = null;
        if (!asked.IsCompletedSuccessfully)
        {
            _ = asked.Exception;
            AskAgain(nowMs);
            return;
        }

        if (asked.Result.IsNothing)
        {
            _missingSinceMs = null;
            return;
        }

        _missingSinceMs ??= nowMs;
        if (asked.Result.IsCertain || nowMs - _missingSinceMs >= deletedAfter.TotalMilliseconds)
            throw deleted.Exception(asked.Result);
        AskAgain(nowMs);
    }

    private void Ask()
    {
        _isDue = false;
        _asked = deleted.LookAsync(admin, topics, CancellationToken.None);
    }

    private void AskAgain(long nowMs)
    {
        _isDue = true;
        _notBeforeMs = nowMs + (long)DeletedTopics.Pause.TotalMilliseconds;
    }
}
