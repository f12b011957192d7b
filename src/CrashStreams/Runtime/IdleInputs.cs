using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Runtime;

/// <summary>
/// Asks for the ends of inputs that have been quiet for so long that they are about to count as idle. What the client remembers of an end is as old as its
/// last fetch: while its connection hangs, or the broker is away, an input that is far behind looks caught up.
/// </summary>
internal sealed class IdleInputs(ILogAdmin admin, long idleAfterMs)
{
    private readonly Dictionary<TopicPartition, (long AskedMs, long End)> _answers = [];
    private Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>>? _pending;
    private long _askedMs;

    /// <summary>Takes answers, and asks for what is quiet, without waiting.</summary>
    public void Ask(long nowMs, IEnumerable<InputPartition> inputs)
    {
        Take();
        if (_pending is not null)
            return;
        var quiet = inputs.Where(i => i.Clock is SourceClock { IsIdle: false } clock && nowMs - clock.LastActivityMs >= idleAfterMs && !IsAnswered(i.Partition, clock))
            .Select(i => i.Partition).ToList();
        if (quiet.Count == 0)
            return;
        _askedMs = nowMs;
        try
        {
            _pending = admin.OffsetsAsync(quiet, CancellationToken.None);
        }
        catch (LogException)
        {
            // The broker is away: nothing is known, and nobody is idle. The next turn asks again.
            return;
        }

        Take();
    }

    /// <summary>Whether the broker has said, since the input's last record, that there is nothing behind this position.</summary>
    public bool IsAtEnd(InputPartition input, long position)
    {
        if (input.Clock is not SourceClock clock || !IsAnswered(input.Partition, clock))
            return false;
        if (position >= _answers[input.Partition].End)
            return true;
        // There is more to read: it is not quiet, only slow.
        clock.LastActivityMs = _answers[input.Partition].AskedMs + 1;
        return false;
    }

    private bool IsAnswered(in TopicPartition partition, SourceClock clock) => _answers.TryGetValue(partition, out var answer) && answer.AskedMs >= clock.LastActivityMs;

    private void Take()
    {
        if (_pending is not { IsCompleted: true } answered)
            return;
        _pending = null;
        // A failure is looked at and forgotten: the question is put again.
        if (answered.Exception is not null || answered.IsCanceled)
            return;
        foreach (var (partition, (_, end)) in answered.Result)
            _answers[partition] = (_askedMs, end);
    }
}
