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
        var (first, count) = (turn.Next, turn.Batch!.Count);
        try
        {
            for (var isOver = false; turn.Next < count && !isOver;)
            {
                var from = turn.Next;
                // Time may be up in the middle of a pack.
                isOver = !TakeSome(turn, Math.Min(count, from + turn.Pace.UntilNextLook)) || turn.Pace.IsOver(turn.Next - from);
            }
        }
        finally
        {
            took(turn.Next - first);
        }
    }

    // One at least. False when the last one is not done.
    private bool TakeSome(Turn turn, int through)
    {
        var (batch, pace) = (turn.Batch!, turn.Pace);
        // Records of one partition mostly come in a row, and nothing changes who reads them within a step.
        var (partition, input, task) = (-1, default(InputPartition), default(StreamTask));
        var index = turn.Next;
        do
        {
            var record = batch[index];
            if (record.PartitionIndex != partition)
            {
                partition = record.PartitionIndex;
                input = tasks.InputOf(batch, partition);
                task = ReaderOf(input, turn);
            }

            if (task is null)
                tasks.Postpone(batch.Partitions[partition], record.Offset);
            else if (!task.Take(batch, index, in record, input!, pace))
                return false;
            turn.Next = ++index;
        }
        while (index < through && !pace.HasRung);
        return true;
    }

    private StreamTask? ReaderOf(InputPartition? input, Turn turn)
    {
        if (input?.Task is not { State: TaskState.Running } task)
            return null;
        if (!task.IsAwake)
            awake.Wake(task, turn.NowMs);
        return task;
    }
}
