using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

/// <summary>Keeps and forgets the subscriptions of left rows, where the right table is.</summary>
internal sealed class SubscriptionReceive<TKey, TOtherKey>(string storeName, Serde<TOtherKey> otherKeySerde, Serde<TKey> keySerde)
    : Processor<TOtherKey, Subscription<TKey>, TOtherKey, Subscription<TKey>>
{
    private readonly SubscriptionSerde<TKey> _subscriptions = new(keySerde);
    private readonly ByteBuffer _foreignKey = new();
    private readonly ByteBuffer _key = new();
    private readonly ByteBuffer _value = new();
    private SubscriptionStore _store = null!;

    protected override void Init() => _store = Store<SubscriptionStore>(storeName);

    public override void Process(in Record<TOtherKey, Subscription<TKey>> record)
    {
        var subscription = record.Value;
        if (record.HasKey)
            Keep(record.Key, in subscription, record.Timestamp);
        else if (subscription.Instruction != SubscriptionInstruction.AnswerAlways)
        {
            Drop(DroppedRecords.NullForeignKey);
            return;
        }

        Forward(in record);
    }

    private void Keep(TOtherKey foreignKey, in Subscription<TKey> subscription, long timestamp)
    {
        Write(otherKeySerde, foreignKey, _foreignKey);
        Write(keySerde, subscription.Key, _key);
        if (subscription.Instruction is SubscriptionInstruction.Delete or SubscriptionInstruction.DeleteAndAnswer)
        {
            _store.Delete(_foreignKey.Written, _key.Written, timestamp);
            return;
        }

        Write(_subscriptions, subscription, _value);
        _store.Put(_foreignKey.Written, _key.Written, _value.Written, timestamp);
    }

    private static void Write<T>(Serde<T> serde, T value, ByteBuffer into)
    {
        into.Clear();
        serde.Serialize(value, into);
    }
}
