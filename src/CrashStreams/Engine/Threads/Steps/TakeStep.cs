namespace CrashStreams.Engine;

/// <summary>Hands the batch's records to their tasks, as many as the turn has time for: a task with one input processes them at once.</summary>
internal sealed class TakeStep(AssignedTasks tasks, AwakeTasks awake, Action<int> took) : ITurnStep
{
    public void Run(Turn turn)
    {
        turn.HasRecords = !turn.IsBatchDone;
        turn.IsBusy |= turn.HasRecords;
        if (!turn.HasRecords)
            return;
        var (batch, pace, first) = (turn.Batch!, turn.Pace, turn.Next);
        try
        {
            for (var isOver = false; turn.Next < batch.Count && !isOver; isOver = pace.IsOver())
            {
                var index = turn.Next;
                var record = batch[index];
                var input = tasks.InputOf(batch, record.PartitionIndex);
                if (input?.Task is { State: TaskState.Running } task)
                {
                    if (!task.IsAwake)
                        awake.Wake(task, turn.NowMs);
                    if (!task.Take(batch, index, in record, input, pace))
                        return;
                }
                else
                {
                    tasks.Postpone(batch.Partitions[record.PartitionIndex], record.Offset);
                }

                turn.Next++;
            }
        }
        finally
        {
            took(turn.Next - first);
        }
    }
}
