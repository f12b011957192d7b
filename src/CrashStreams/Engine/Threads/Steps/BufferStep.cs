using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>Looks how far the inputs are, lets tasks with several inputs process what is next among them, and stops fetching inputs of which too much waits.</summary>
internal sealed class BufferStep(AwakeTasks tasks, ILogConsumer consumer) : ITurnStep
{
    /// <summary>Records of one input that wait for another, after which no more of it is fetched.</summary>
    internal const int MaxBuffered = 10_000;

    /// <summary>Likewise, bytes of keys and values.</summary>
    internal const int MaxBufferedBytes = 4 * 1024 * 1024;

    private int _first;

    public void Run(Turn turn)
    {
        var inOrder = tasks.InTurn;
        // When the turn's time is up each of the others takes one record more; the next turn begins behind the one that took the time.
        var first = _first;
        turn.HasMore = false;
        turn.IsCaughtUp = true;
        for (var i = 0; i < inOrder.Length; i++)
        {
            var task = inOrder[(first + i) % inOrder.Length];
            if (task.State != TaskState.Running)
                continue;
            task.LookAtPositions(consumer, turn.IsBatchDone);
            turn.IsCaughtUp &= task.IsCaughtUp;
            if (!task.HasBuffered && !task.IsHoldingBack)
                continue;
            var wasUp = turn.Pace.IsUp;
            if (task.ProcessBuffered(turn.Pace))
            {
                turn.IsBusy = true;
                // Not what waits for an input that is behind: nothing but a poll brings that.
                turn.HasMore |= task.HasBuffered && turn.Pace.IsUp;
            }

            if (turn.Pace.IsUp && !wasUp)
                _first = (first + i + 1) % inOrder.Length;
            LimitBuffers(task);
        }
    }

    // An input that waits for another is not to fill the memory.
    private void LimitBuffers(StreamTask task)
    {
        foreach (var input in task.Inputs)
        {
            if (!input.IsHeldBack && (input.Buffer.Count >= MaxBuffered || input.Buffer.Bytes >= MaxBufferedBytes))
                consumer.Pause([input.Partition]);
            else if (input.IsHeldBack && input.Buffer.Count < MaxBuffered / 2 && input.Buffer.Bytes < MaxBufferedBytes / 2)
                consumer.Resume([input.Partition]);
            else
                continue;
            input.IsHeldBack = !input.IsHeldBack;
        }
    }
}
