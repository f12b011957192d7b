using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>
/// Joins of tables by a foreign key (KIP-213): each row of this table names a row of the other, of any partition. The sides reach each other by two topics of the application's own, one for
/// subscriptions, one for answers. In the end the result has a row where both sides have one; which updates it goes through on the way depends on how the sides are read.
/// </summary>
public sealed partial class KTable<TKey, TValue>
{
    /// <summary>The rows of this table that name a row of the other.</summary>
    /// <param name="other">The right side. Its topic may have another number of partitions. Where a key of a value type may be missing, key it by the nullable type (<c>long?</c>).</param>
    /// <param name="foreignKey">Gives the other table's key of a row; null: the row has no result.</param>
    /// <param name="joiner">Makes the value of a pair.</param>
    /// <param name="materialized">Keeps the result in a store of this name; by default it is kept only where another operator reads it.</param>
    /// <param name="name">Names the nodes, the topics (<c>name-subscription-registration-topic</c>, <c>name-subscription-response-topic</c>) and the store of subscriptions.</param>
    public KTable<TKey, TResult> Join<TOtherKey, TOther, TResult>(
        KTable<TOtherKey, TOther> other, Func<TValue, TOtherKey?> foreignKey, Func<TValue, TOther, TResult> joiner, Materialized<TKey, TResult>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(foreignKey);
        return Join(other, (_, value) => foreignKey(value), joiner, materialized, name);
    }

    /// <summary>The rows of this table that name a row of the other, by their key too.</summary>
    public KTable<TKey, TResult> Join<TOtherKey, TOther, TResult>(
        KTable<TOtherKey, TOther> other, Func<TKey, TValue, TOtherKey?> foreignKey, Func<TValue, TOther, TResult> joiner, Materialized<TKey, TResult>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinForeign(other, foreignKey, keepsLeft: false, (_, left, right) => joiner(left, right.Value!), materialized, name);
    }

    /// <summary>All rows of this table, with those of the other that they name where there are some.</summary>
    /// <param name="other">The right side. Its topic may have another number of partitions. Where a key of a value type may be missing, key it by the nullable type (<c>long?</c>).</param>
    /// <param name="foreignKey">Gives the other table's key of a row; null: the row is joined with nothing.</param>
    /// <param name="joiner">Makes the value of a pair; the right value may be missing.</param>
    /// <param name="materialized">Keeps the result in a store of this name; by default it is kept only where another operator reads it.</param>
    /// <param name="name">Names the nodes, the topics (<c>name-subscription-registration-topic</c>, <c>name-subscription-response-topic</c>) and the store of subscriptions.</param>
    public KTable<TKey, TResult> LeftJoin<TOtherKey, TOther, TResult>(
        KTable<TOtherKey, TOther> other, Func<TValue, TOtherKey?> foreignKey, Func<TValue, Optional<TOther>, TResult> joiner, Materialized<TKey, TResult>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(foreignKey);
        return LeftJoin(other, (_, value) => foreignKey(value), joiner, materialized, name);
    }

    /// <summary>All rows of this table, with those of the other that they name, by their key too, where there are some.</summary>
    public KTable<TKey, TResult> LeftJoin<TOtherKey, TOther, TResult>(
        KTable<TOtherKey, TOther> other, Func<TKey, TValue, TOtherKey?> foreignKey, Func<TValue, Optional<TOther>, TResult> joiner, Materialized<TKey, TResult>? materialized = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinForeign(other, foreignKey, keepsLeft: true, (_, left, right) => joiner(left, right), materialized, name);
    }

    private KTable<TKey, TResult> JoinForeign<TOtherKey, TOther, TResult>(
        KTable<TOtherKey, TOther> other, Func<TKey, TValue, TOtherKey?> foreignKey, bool keepsLeft, Func<TKey, TValue, Optional<TOther>, TResult> joiner,
        Materialized<TKey, TResult>? materialized, string? name)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(foreignKey);
        var names = new ForeignKeyJoinNames(_builder, name);
        materialized ??= new();
        // As in Kafka Streams a name for the store is drawn last, and only where none is given.
        var resultStore = materialized.Name ?? _builder.Name(null, "KTABLE-FK-JOIN-OUTPUT-STATE-STORE");
        if (name is null)
            _builder.Warnings.Add($"The topics and the store of the foreign-key join '{names.Result}' have generated names: they change when the topology does. Name it.");
        _builder.CheckSameBuilder(other._builder, names.Result);
        CheckSerdes(names.Send, other._info);
        var (leftView, rightView) = (Read(names.Resolver), other.Read(names.Join));
        var (keySerde, valueSerde, otherKeySerde) = (_info.KeySerde!, _info.ValueSerde!, other._info.KeySerde!);
        var store = _builder.AddStore(new SubscriptionStoreDefinition(names.Store, isLogged: true));

        var send = _builder.Add(new ProcessorNode<TKey, Change<TValue>, TOtherKey, Subscription<TKey>>(
            names.Send, () => new SubscriptionSend<TKey, TValue, TOtherKey>(foreignKey, keepsLeft, valueSerde, otherKeySerde)), _node);
        var subscribed = _builder.Loop(
            names.RegistrationTopic, names.RegistrationSink, names.RegistrationSource, new Produced<TOtherKey, Subscription<TKey>>
            {
                KeySerde = otherKeySerde, ValueSerde = new SubscriptionSerde<TKey>(keySerde),
            },
            areAnswers: false, asWideAs: other._node, send);
        var receive = _builder.Add(new ProcessorNode<TOtherKey, Subscription<TKey>, TOtherKey, Subscription<TKey>>(
            names.Receive, () => new SubscriptionReceive<TKey, TOtherKey>(names.Store, otherKeySerde, keySerde), [store]), subscribed);
        var answer = _builder.Add(new ProcessorNode<TOtherKey, Subscription<TKey>, TKey, SubscriptionResponse<TOther>>(
            names.Join, () => new SubscriptionJoin<TKey, TOtherKey, TOther>(rightView!.Open), rightView?.Stores), receive);
        var update = _builder.Add(new ProcessorNode<TOtherKey, Change<TOther>, TKey, SubscriptionResponse<TOther>>(
            names.ForeignJoin, () => new ForeignTableJoin<TKey, TOtherKey, TOther>(names.Store, otherKeySerde, keySerde), [store]), other._node);
        var answered = _builder.Loop(
            names.ResponseTopic, names.ResponseSink, names.ResponseSource, new Produced<TKey, SubscriptionResponse<TOther>>
            {
                KeySerde = keySerde, ValueSerde = new SubscriptionResponseSerde<TOther>(other._info.ValueSerde!),
                Partitioner = (key, response, count) => response.Partition ?? PartitionOf(keySerde, key, count),
            },
            areAnswers: true, asWideAs: _node, answer, update);
        var resolver = _builder.Add(new ProcessorNode<TKey, SubscriptionResponse<TOther>, TKey, TResult>(
            names.Resolver, () => new ResponseResolver<TKey, TValue, TOtherKey, TOther, TResult>(leftView!.Open, foreignKey, valueSerde, keepsLeft, joiner), leftView?.Stores), answered);
        return _builder.Table(resolver, names.Result, resultStore, materialized with
        {
            KeySerde = materialized.KeySerde ?? keySerde, ValueSerde = materialized.ValueSerde ?? Serdes.Find<TResult>(),
        });
    }

    private void CheckSerdes<TOtherKey, TOther>(string node, TableInfo<TOtherKey, TOther> other)
    {
        SerdeFault.Check(_info.KeySerde, node, "key", _builder.Faults);
        SerdeFault.Check(_info.ValueSerde, node, "value", _builder.Faults);
        SerdeFault.Check(other.KeySerde, node, "foreign key", _builder.Faults);
        SerdeFault.Check(other.ValueSerde, node, "right value", _builder.Faults);
    }

    // An application of an older version of Kafka Streams has subscribed and not told where it is.
    private static int PartitionOf(Serde<TKey> serde, TKey key, int count)
    {
        var bytes = new ByteBuffer();
        serde.Serialize(key, bytes);
        return Log.Murmur2.Partition(serde.PartitionedBy(bytes.Written), count);
    }
}
