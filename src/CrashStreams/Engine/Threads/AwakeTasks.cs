using System.Runtime.InteropServices;

namespace CrashStreams.Engine;

/// <summary>
/// The tasks that a turn visits. A thread of few tasks visits all of them in each turn. One of very many visits those that have something to do; the others it visits in rounds, which is soon enough
/// for what changes without records: positions behind control records, inputs that fall idle. Else each record would cost a walk over all tasks.
/// </summary>
internal sealed class AwakeTasks(AssignedTasks tasks)
{
    // To visit so many takes some 10 µs.
    private const int VisitedAlways = 64;
    private const long RoundMs = 100;

    private readonly List<StreamTask> _awake = [];
    private StreamTask[] _all = [];
    private long _roundAtMs = long.MinValue / 2;

    /// <summary>Whether this turn visits all tasks.</summary>
    public bool IsRound { get; private set; } = true;

    /// <summary>The tasks to visit in this turn.</summary>
    public ReadOnlySpan<StreamTask> InTurn => IsRound ? _all : CollectionsMarshal.AsSpan(_awake);

    /// <summary>A turn begins.</summary>
    public void Begin(long nowMs)
    {
        var all = tasks.InOrder;
        IsRound = all.Length <= VisitedAlways || !ReferenceEquals(all, _all) || nowMs < _roundAtMs || nowMs - _roundAtMs >= RoundMs;
        if (!IsRound)
            return;
        (_all, _roundAtMs) = (all, nowMs);
        _awake.Clear();
        foreach (var task in all)
            task.IsAwake = true;
    }

    /// <summary>A task has got a record.</summary>
    public void Wake(StreamTask task, long nowMs)
    {
        task.IsAwake = true;
        task.Context.BeginTurn(nowMs);
        _awake.Add(task);
    }

    /// <summary>The turn has done what it had to: who has nothing more to do is at rest until its next record.</summary>
    public void End()
    {
        if (_all.Length <= VisitedAlways)
            return;
        if (IsRound)
            _awake.AddRange(_all);
        _awake.RemoveAll(static task => !(task.IsAwake = !task.IsAtRest));
    }
}
