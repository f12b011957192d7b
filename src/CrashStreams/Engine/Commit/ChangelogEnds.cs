using CrashStreams.Log;
using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>
/// Where the changelogs of a thread's tasks end. The producer hears no offsets of what it writes, so the log is asked after a commit, for all of them at
/// once and without waiting; the answer holds for every later commit that the group confirms, because until then the task was the only writer.
/// See docs/decisions/changelog-positions.md.
/// </summary>
internal sealed class ChangelogEnds(ILogAdmin admin, ILogger logger)
{
    private const long IntervalMs = 1_000;

    private readonly Dictionary<TopicPartition, long> _told = [];
    private readonly HashSet<TopicPartition> _wanted = [];
    private Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>>? _asked;
    private long _askedAtMs = long.MinValue / 2;

    /// <summary>What was answered so far. A commit takes it before it begins.</summary>
    public IReadOnlyDictionary<TopicPartition, long> Told
    {
        get
        {
            if (_asked is { IsCompleted: true })
                Hear();
            return _told;
        }
    }

    /// <summary>Notes that a commit has made a changelog longer.</summary>
    public void Wrote(TopicPartition changelog) => _wanted.Add(changelog);

    public void AskWhenDue(long nowMs)
    {
        if (_wanted.Count == 0 || _asked is not null || nowMs - _askedAtMs < IntervalMs)
            return;
        _askedAtMs = nowMs;
        Ask();
    }

    /// <summary>Asks and waits, before a clean end.</summary>
    public void AskNow(TimeSpan patience)
    {
        if (_asked is not null)
            Wait(patience);
        if (_wanted.Count == 0)
            return;
        Ask();
        Wait(patience);
    }

    private void Ask()
    {
        try
        {
            _asked = admin.OffsetsAsync(_wanted.ToList(), CancellationToken.None);
            _wanted.Clear();
        }
        catch (LogException e)
        {
            NotTold(e);
        }
    }

    private void Wait(TimeSpan patience)
    {
        try
        {
            if (_asked?.Wait(patience) == true)
                Hear();
        }
        catch (AggregateException)
        {
            Hear();
        }
    }

    private void Hear()
    {
        var asked = _asked!;
        _asked = null;
        if (!asked.IsCompletedSuccessfully)
        {
            NotTold(asked.Exception);
            return;
        }

        foreach (var (changelog, (_, end)) in asked.Result)
            _told[changelog] = end;
    }

    // Nothing is lost: the position stays lower, and a restart restores a little more.
    private void NotTold(Exception? e) => logger.ChangelogEndsUnknown(e);
}
