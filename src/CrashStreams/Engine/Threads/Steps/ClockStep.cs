namespace CrashStreams.Engine;

/// <summary>Moves the tasks' clocks: windows close, wall-clock punctuation runs, downstream tasks are told.</summary>
internal sealed class ClockStep(AssignedTasks tasks, AwakeTasks awake, IdleInputs idle, WatermarkAnnouncer announcer, bool usesWatermarks) : ITurnStep
{
    private readonly Func<InputPartition, bool> _isConfirmed = input => idle.IsAtEnd(input, input.ReachedOffset);

    public void Run(Turn turn)
    {
        if (usesWatermarks && awake.IsRound)
            idle.Ask(turn.NowMs, tasks.InOrder);
        foreach (var task in awake.InTurn)
        {
            if (task.State != TaskState.Running)
                continue;
            task.AdvanceClock(turn.NowMs, _isConfirmed);
            task.PunctuateWallClock(turn.NowMs);
            turn.IsCommitRequested |= task.Context.CommitRequested;
        }

        announcer.Tell(turn.NowMs, withCommit: false);
        awake.End();
    }
}
