using CrashStreams.Faults;
using CrashStreams.Processing;
using CrashStreams.Stores;

namespace CrashStreams.Operators;

/// <summary>The right side of a foreign-key join: an update is told to every left row that has subscribed to its key, with the update's own timestamp.</summary>
internal sealed class ForeignTableJoin<TKey, TOtherKey, TOther>(string storeName, Serde<TOtherKey> otherKeySerde, Serde<TKey> keySerde)
    : Processor<TOtherKey, Change<TOther>, TKey, SubscriptionResponse<TOther>>
{
    private readonly SubscriptionSerde<TKey> _subscriptions = new(keySerde);
    private readonly ByteBuffer _foreignKey = new();
    private SubscriptionStore _store = null!;

    protected override void Init() => _store = Store<SubscriptionStore>(storeName);

    public override void Process(in Record<TOtherKey, Change<TOther>> record)
    {
        var change = record.Value;
        if (!change.IsLatest)
        {
            Drop(DroppedRecords.SupersededVersion);
            return;
        }

        _foreignKey.Clear();
        otherKeySerde.Serialize(record.Key, _foreignKey);
        using var waiting = _store.Of(_foreignKey.Written);
        while (waiting.MoveNext())
        {
            var subscription = _subscriptions.Deserialize(waiting.Value);
            Forward(new Record<TKey, SubscriptionResponse<TOther>>(
                subscription.Key, new(subscription.ValueHash, change.Now, change.HasNow, subscription.Partition), record.Timestamp, record.Headers));
        }
    }
}
