namespace CrashStreams.Engine;

/// <summary>Commits when it is time, when it was asked for, or when the caches hold more that waits for a commit than they may.</summary>
internal sealed class CommitStep(Committer committer, CacheBudget? cache, AssignedTasks tasks, Func<long> processed) : ITurnStep
{
    public void Run(Turn turn)
    {
        // After a sleep in the middle of this turn the tasks may be somebody else's: the look notices, and the commit asks the group first.
        var now = turn.Pace.LookNow();
        committer.LookAtBacklog(turn.IsCaughtUp);
        if (turn.IsCommitRequested || committer.IsDue(now, isIdle: !turn.IsBusy, processed()) || cache?.IsFull(tasks.InOrder) == true)
            committer.Commit(processed());
    }
}
