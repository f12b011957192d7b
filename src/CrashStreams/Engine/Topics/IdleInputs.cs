using CrashStreams.Log;
using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>
/// Asks for the ends of inputs that have been quiet for so long that they are about to count as idle. What the client remembers of an end is as old as its
/// last fetch: while its connection hangs, or the broker is away, an input that is far behind looks caught up.
/// </summary>
internal sealed class IdleInputs(ILogAdmin admin, long idleAfterMs)
{
    private readonly Dictionary<TopicPartition, (long AskedMs, long End)> _answers = [];
    private Task<IReadOnlyDictionary<TopicPartition, (long Start, long End)>>? _pending;
    private long _askedMs;

    /// <summary>Takes answers, and asks for what is quiet, without waiting. Called in every turn of the thread, so it allocates nothing while all inputs flow.</summary>
    public void Ask(long nowMs, StreamTask[] tasks)
    {
        Take();
        if (_pending is not null)
            return;
        List<TopicPartition>? quiet = null;
        foreach (var task in tasks)
        {
            if (task.State == TaskState.Running)
                AddQuiet(task.Inputs, nowMs, ref quiet);
        }

        if (quiet is null)
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

    /// <summary>Whether the broker has said, since the input is waited for, that there is nothing behind this position.</summary>
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

    private void AddQuiet(IReadOnlyList<InputPartition> inputs, long nowMs, ref List<TopicPartition>? quiet)
    {
        for (var i = 0; i < inputs.Count; i++)
        {
            if (inputs[i].Clock is SourceClock { IsIdle: false } clock && nowMs - clock.AwaitedSinceMs >= idleAfterMs && !IsAnswered(inputs[i].Partition, clock))
                (quiet ??= []).Add(inputs[i].Partition);
        }
    }

    private bool IsAnswered(in TopicPartition partition, SourceClock clock) => _answers.TryGetValue(partition, out var answer) && answer.AskedMs >= clock.AwaitedSinceMs;

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
