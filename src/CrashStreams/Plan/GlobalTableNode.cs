using CrashStreams.Log;
using CrashStreams.Operators;
using CrashStreams.Stores;

namespace CrashStreams.Plan;

/// <summary>What every global table has, whatever its types.</summary>
internal interface IGlobalTableNode
{
    string Name { get; }

    string Topic { get; }

    /// <summary>The serdes of keys and values: of type <c>Serde&lt;T&gt;</c>.</summary>
    (object? Key, object? Value) Serdes { get; }

    /// <summary>The source that stands in front of it in descriptions.</summary>
    string SourceName { get; }

    StoreDefinition Store { get; }

    /// <summary>Takes a record of the topic into a store.</summary>
    /// <returns>Null, or what is wrong with the record.</returns>
    string? Apply(IStateStore store, in LogRecord record);
}

/// <summary>A table that each thread reads whole; no task runs it.</summary>
internal sealed class GlobalTableNode<TKey, TValue>(string sourceName, string name, string topic, Consumed<TKey, TValue> consumed, KeyValueStoreDefinition<TKey, TValue> store)
    : TopologyNode(name), IGlobalTableNode
    where TKey : notnull
{
    public string Topic => topic;

    public (object? Key, object? Value) Serdes => (consumed.KeySerde, consumed.ValueSerde);

    public string SourceName => sourceName;

    public StoreDefinition Store => store;

    public override void Validate(ICollection<string> faults)
    {
        TopicName.Check(topic, $"Global table '{sourceName}'", faults);
        store.Validate(faults);
    }

    public override object Create(IOperatorBuilder task) => throw new NotSupportedException("A global table belongs to no task.");

    public string? Apply(IStateStore target, in LogRecord record)
    {
        if (!record.HasKey)
            return Faults.DroppedRecords.NullKey;
        if (!consumed.KeySerde!.TryDeserialize(record.Key, out var key, out var badKey))
            return badKey;
        var value = default(TValue)!;
        if (record.HasValue && !consumed.ValueSerde!.TryDeserialize(record.Value, out value, out var badValue))
            return badValue;
        ((KeyValueStore<TKey, TValue>)target).Put(key, value, record.HasValue, record.Timestamp);
        return null;
    }
}
