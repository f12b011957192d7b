namespace CrashStreams.Engine;

/// <summary>Commits the positions that new tasks begin at before their first record is processed: see <see cref="StartPositions"/>. Tasks that still restore are claimed when they run.</summary>
internal sealed class ClaimStep(AssignedTasks tasks, Committer committer, Func<long> processed) : ITurnStep
{
    private bool _isDue;

    /// <summary>Tasks were added.</summary>
    public void Added(List<StreamTask> created) => _isDue |= created.Exists(static t => !t.IsClaimed);

    public void Run(Turn turn)
    {
        if (!_isDue)
            return;
        if (tasks.InOrder.Any(static t => t.State == TaskState.Running && !t.IsClaimed))
            committer.Commit(processed());
        _isDue = tasks.InOrder.Any(static t => !t.IsClaimed);
    }
}
