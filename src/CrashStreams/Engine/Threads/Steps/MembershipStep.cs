namespace CrashStreams.Engine;

/// <summary>What is only advice: the directory of instances, what lost ones have left behind, and warm copies.</summary>
internal sealed class MembershipStep(
    InstanceDirectory? directory, LostOwners? lostOwners, Standbys? standbys, AssignedTasks tasks, Func<List<MemberTask>> tasksToTell, TimeSpan standbyWait) : ITurnStep
{
    public void Run(Turn turn)
    {
        directory?.RunOnce(turn.NowMs, tasksToTell);
        lostOwners?.RunOnce(turn.NowMs);
        standbys?.RunOnce(turn.NowMs, tasks.Contains, standbys.IsFarBehind && !turn.HasRecords ? standbyWait : TimeSpan.Zero);
    }
}
