namespace CrashStreams.Engine;

/// <summary>Brings restoring tasks further, and begins those whose stores are complete.</summary>
internal sealed class RestoreStep(Restorer restorer, AssignedTasks tasks, TimeSpan wait) : ITurnStep
{
    private readonly List<StreamTask> _complete = [];

    public void Run(Turn turn)
    {
        if (restorer.IsActive)
        {
            turn.IsBusy = true;
            _complete.AddRange(restorer.RunOnce(turn.HasRecords ? TimeSpan.Zero : wait));
        }

        if (restorer.HasWaiting)
            _complete.AddRange(restorer.RetryWaiting());
        // Not in the middle of a batch: the first of its records for the task were postponed, the others would come before them.
        if (_complete.Count == 0 || !turn.IsBatchDone)
            return;
        tasks.Run(_complete.FindAll(static t => t.State == TaskState.Restoring), turn.NowMs);
        _complete.Clear();
    }
}
