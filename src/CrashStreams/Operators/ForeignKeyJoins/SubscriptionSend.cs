using CrashStreams.Faults;
using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>
/// The left side of a foreign-key join: an update leaves its old foreign key and subscribes to its new one. Where a foreign key has changed the answer comes whether there is a right row or
/// not, because the earlier result may have to go.
/// </summary>
internal sealed class SubscriptionSend<TKey, TValue, TOtherKey>(
    Func<TKey, TValue, TOtherKey?> foreignKey, bool keepsLeft, Serde<TValue> valueSerde, Serde<TOtherKey> otherKeySerde)
    : Processor<TKey, Change<TValue>, TOtherKey, Subscription<TKey>>
{
    private readonly KeyComparison<TOtherKey> _foreignKeys = new(otherKeySerde);
    private readonly ByteBuffer _value = new();
    private SubscriptionInstruction _whereNoneWasExpected;

    // Kafka Streams lets a row without partner go unanswered where its foreign key is no new one. But the answer by which an earlier result has to go may still be on its way, and is out of date
    // when it comes: without another one that result would stay for good.
    protected override void Init() =>
        _whereNoneWasExpected = Task.Clock.Mode == StreamTime.Watermarks ? SubscriptionInstruction.AnswerAlways : SubscriptionInstruction.AnswerIfPresent;

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        if (!change.IsLatest)
        {
            Drop(DroppedRecords.SupersededVersion);
            return;
        }

        if (!change.HasNow && !change.HasBefore)
            return;
        var before = change.HasBefore ? foreignKey(record.Key, change.Before) : default;
        var now = change.HasNow ? foreignKey(record.Key, change.Now) : default;
        var (hadKey, hasKey) = (change.HasBefore && before is not null, change.HasNow && now is not null);
        var hash = HashOf(in change);
        if (keepsLeft)
            SendLeft(in record, hash, hadKey, before!, hasKey, now!);
        else
            SendInner(in record, hash, hadKey, before!, hasKey, now!);
    }

    // A row without foreign key has a result too: its subscription, without key, is kept nowhere and answered by any task.
    private void SendLeft(in Record<TKey, Change<TValue>> record, UInt128? hash, bool hadKey, TOtherKey before, bool hasKey, TOtherKey now)
    {
        if (hadKey && !(hasKey && _foreignKeys.AreEqual(before, now)))
            Send(in record, before, true, hash, SubscriptionInstruction.Delete);
        Send(in record, now, hasKey, hash, SubscriptionInstruction.AnswerAlways);
    }

    private void SendInner(in Record<TKey, Change<TValue>> record, UInt128? hash, bool hadKey, TOtherKey before, bool hasKey, TOtherKey now)
    {
        if (record.Value.HasNow && !hasKey)
            Drop(DroppedRecords.NullForeignKey);
        if (!hasKey)
        {
            if (hadKey)
                Send(in record, before, true, hash, SubscriptionInstruction.DeleteAndAnswer);
            return;
        }

        if (!hadKey || _foreignKeys.AreEqual(before, now))
        {
            Send(in record, now, true, hash, _whereNoneWasExpected);
            return;
        }

        Send(in record, before, true, hash, SubscriptionInstruction.Delete);
        Send(in record, now, true, hash, SubscriptionInstruction.AnswerAlways);
    }

    private void Send(in Record<TKey, Change<TValue>> record, TOtherKey foreignKey, bool hasKey, UInt128? hash, SubscriptionInstruction instruction) =>
        Forward(new Record<TOtherKey, Subscription<TKey>>(
            foreignKey, hasKey, new(hash, instruction, record.Key, Task.InputPartition), true, record.Timestamp, record.Headers));

    private UInt128? HashOf(in Change<TValue> change)
    {
        if (!change.HasNow)
            return null;
        _value.Clear();
        valueSerde.Serialize(change.Now, _value);
        return Murmur3.Hash(_value.Written);
    }
}
