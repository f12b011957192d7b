using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Polls, unless the last batch is not done yet. While there are records, results wait in the client until a batch is full or its linger is over; when the inputs have run dry nothing will
/// fill it soon, and what there is goes out before the thread waits.
/// </summary>
internal sealed class PollStep(
    ILogConsumer consumer, AssignedTasks tasks, RecordCollector collector, StartPositions positions, Func<Turn, TimeSpan> wait, Func<string, bool> isRepartition) : ITurnStep
{
    // The group hears of this member's wishes, and this member of the group's, in polls: a batch of slow records must not keep them apart. Far below Kafka's max.poll.interval.ms (5 min).
    private const long LongestBatchMs = 10_000;

    public void Run(Turn turn)
    {
        collector.LookAtPacks(turn.NowMs);
        if (!turn.IsBatchDone && turn.NowMs - turn.PolledAtMs >= LongestBatchMs)
            tasks.GiveBack(turn.Batch!, turn.Next);
        else if (!turn.IsBatchDone)
            return;
        turn.Batch = null;
        var maxWait = wait(turn);
        var isToSend = maxWait > TimeSpan.Zero && collector.HasUnsent;
        turn.Batch = Poll(isToSend ? TimeSpan.Zero : maxWait);
        if (isToSend && turn.Batch.Count == 0)
        {
            collector.SendNow();
            turn.Batch = Poll(maxWait);
        }

        turn.Next = 0;
        turn.PolledAtMs = turn.Pace.LookNow();
    }

    private LogBatch Poll(TimeSpan maxWait)
    {
        try
        {
            return consumer.Poll(maxWait);
        }
        catch (LogException e) when (e.OutOfRange is { } partition && isRepartition(partition.Topic))
        {
            // Only what the group has committed is deleted there (RepartitionPurge): another instance has gone on while this one slept.
            throw new LogException($"{partition} was read on by another instance: {e.Message}", e) { IsFenced = true };
        }
        catch (LogException e) when (e.OutOfRange is { } partition)
        {
            GoOn(partition, e);
            return consumer.Poll(TimeSpan.Zero);
        }
    }

    private void GoOn(TopicPartition partition, LogException fault)
    {
        var input = tasks.InOrder.SelectMany(static t => t.Inputs).FirstOrDefault(i => i.Partition == partition);
        var next = positions.GoOnAfter(partition, input?.NextOffset ?? -1, fault);
        consumer.Seek(partition, next);
        if (input is null)
            return;
        input.NextOffset = next;
        input.Task.Context.HasChanged = true;
    }
}
