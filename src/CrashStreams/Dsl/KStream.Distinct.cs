using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>Deduplication.</summary>
public sealed partial class KStream<TKey, TValue>
{
    /// <summary>
    /// Keeps the first record of each key and drops those that follow within a span of event time, counted from the one that was kept. First is the first in the order of event time (see
    /// <see cref="InEventTimeOrder"/>; with the Observed clock in the order of arrival), so a backlog gives what a live run gives. What comes later than the span is late, counted and diverted.
    /// </summary>
    /// <param name="span">At least one millisecond. Each record that is kept stays in the store for twice as long.</param>
    /// <param name="name">Names the node, the store (<c>name-store</c>) and, where the key has changed, the repartition topic.</param>
    /// <exception cref="ArgumentOutOfRangeException">A span below one millisecond.</exception>
    public KStream<TKey, TValue> DistinctWithin(TimeSpan span, string? name = null) => DistinctWithin(static (key, _) => key, looksAtValue: false, span, _keySerde ?? Serdes.Find<TKey>(), name);

    /// <summary>Keeps the first record of each id and drops those that follow within a span of event time; records with the same id must have the same key. See the other overload.</summary>
    /// <param name="id">Gives the id of a record; null drops the record, counted.</param>
    /// <param name="span">At least one millisecond. Each record that is kept stays in the store for twice as long.</param>
    /// <param name="idSerde">For the store; by default the library's serde for the type.</param>
    /// <param name="name">Names the node, the store (<c>name-store</c>) and, where the key has changed, the repartition topic.</param>
    /// <exception cref="ArgumentOutOfRangeException">A span below one millisecond.</exception>
    public KStream<TKey, TValue> DistinctWithin<TId>(Func<TKey, TValue, TId> id, TimeSpan span, Serde<TId>? idSerde = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(id);
        return DistinctWithin(id, looksAtValue: true, span, idSerde ?? Serdes.Find<TId>(), name);
    }

#pragma warning disable CS8714 // A record without id is dropped before it reaches the store.
    private KStream<TKey, TValue> DistinctWithin<TId>(Func<TKey, TValue, TId> id, bool looksAtValue, TimeSpan span, Serde<TId>? idSerde, string? name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.FromMilliseconds(1));
        var nodeName = _builder.Name(name, "KSTREAM-DISTINCT");
        var storeName = name is null ? _builder.Name(null, "KSTREAM-DISTINCT-STATE-STORE") : $"{name}-store";
        if (name is null)
            _builder.Warnings.Add($"Store '{storeName}' has a generated name: it changes when the topology does, and its state is lost then. Name it.");
        var spanMs = (long)span.TotalMilliseconds;
        var (keySerde, valueSerde) = (_keySerde ?? Serdes.Find<TKey>(), _valueSerde ?? Serdes.Find<TValue>());
        var store = _builder.AddStore(new SessionStoreDefinition<TId, byte>(storeName, idSerde, Serdes.Byte, 2 * spanMs, isLogged: true));
        var source = _needsRepartition ? _builder.Repartition(_node, name, storeName, keySerde, valueSerde, null) : _node;
        _builder.KeepPositions(source);
        var node = _builder.Add(new DistinctNode<TKey, TValue, TId>(nodeName, store, id, looksAtValue, spanMs, keySerde, valueSerde), source);
        return new(_builder, node, keySerde, valueSerde, needsRepartition: false);
    }
#pragma warning restore CS8714
}
