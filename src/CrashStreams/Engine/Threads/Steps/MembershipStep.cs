namespace CrashStreams.Engine;

/// <summary>What is only advice: the directory of instances, changes of the assignment that are to be expected by it, what lost ones have left behind, and warm copies.</summary>
internal sealed class MembershipStep(
    InstanceDirectory? directory, GroupQuestions group, Func<bool> isJoining, LostOwners? lostOwners, Standbys? standbys, AssignedTasks tasks, Func<List<MemberTask>> tasksToTell,
    TimeSpan standbyWait) : ITurnStep
{
    private int _changes;

    public void Run(Turn turn)
    {
        directory?.RunOnce(turn.NowMs, tasksToTell);
        if (isJoining() || (directory is not null && directory.Changes != _changes))
            group.Expect(turn.NowMs);
        _changes = directory?.Changes ?? 0;
        group.RunOnce(turn.NowMs);
        lostOwners?.RunOnce(turn.NowMs);
        standbys?.RunOnce(turn.NowMs, tasks.Contains, standbys.IsFarBehind && !turn.HasRecords ? standbyWait : TimeSpan.Zero);
    }
}
