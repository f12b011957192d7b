namespace CrashStreams.Engine;

/// <summary>Hands the batch's records to their tasks, as many as the turn has time for: a task with one input processes them at once.</summary>
internal sealed class TakeStep(AssignedTasks tasks, Action<int> took) : ITurnStep
{
    public void Run(Turn turn)
    {
        turn.HasRecords = !turn.IsBatchDone;
        turn.IsBusy |= turn.HasRecords;
        if (!turn.HasRecords)
            return;
        var (batch, pace, first) = (turn.Batch!, turn.Pace, turn.Next);
        var index = first;
        try
        {
            for (var isOver = false; index < batch.Count && !isOver; isOver = pace.IsOver())
            {
                var record = batch[index];
                var input = tasks.InputOf(batch, record.PartitionIndex);
                if (input?.Task.State == TaskState.Running)
                    input.Task.Take(batch, index, in record, input);
                else
                    tasks.Postpone(batch.Partitions[record.PartitionIndex], record.Offset);
                index++;
            }
        }
        finally
        {
            turn.Next = index;
            took(index - first);
        }
    }
}
