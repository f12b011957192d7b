using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Notices that another running instance has this one's name, and with it the ids of its transactions: each start of one fences the other, for ever. A predecessor that is fenced once, or
/// a few fences by heirs, are a normal part of starts and failovers; several in a short time that made the producer unusable are not.
/// </summary>
internal sealed class RivalInstance(string? name, TimeProvider time)
{
    private const int Most = 4;
    private static readonly TimeSpan _within = TimeSpan.FromSeconds(30);
    private readonly Queue<long> _fenced = [];

    /// <summary>A thread's producer or member was fenced.</summary>
    /// <exception cref="LogException">That has happened too often: one of the two has to end, and it is this one.</exception>
    public void Fenced(LogException fault)
    {
        if (name is null || !fault.IsFatal)
            return;
        while (_fenced.TryPeek(out var first) && time.GetElapsedTime(first) > _within)
            _fenced.Dequeue();
        _fenced.Enqueue(time.GetTimestamp());
        if (_fenced.Count >= Most)
            throw new LogException($"Another running instance of the application is called '{name}' as well (GroupInstanceId): they fence each other, {_fenced.Count} times within {_within.TotalSeconds} s. Give each instance a name of its own. Last: {fault.Message}", fault);
    }
}
