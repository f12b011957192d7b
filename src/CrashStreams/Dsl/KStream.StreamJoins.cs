using CrashStreams.Operators;
using CrashStreams.Plan;
using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>Joins of two streams: records with the same key whose times fit. A result has the later of both times.</summary>
public sealed partial class KStream<TKey, TValue>
{
    /// <summary>Pairs of records of both streams.</summary>
    /// <param name="other">The right stream; both topics need the same number of partitions where nothing is repartitioned.</param>
    /// <param name="joiner">Makes the value of a pair.</param>
    /// <param name="windows">Which times fit.</param>
    /// <param name="joined">Names and serdes.</param>
    /// <param name="onLate">Called for each record that comes too late to meet any other (Watermarks clock).</param>
    public KStream<TKey, TResult> Join<TOther, TResult>(
        KStream<TKey, TOther> other, Func<TValue, TOther, TResult> joiner, JoinWindows windows, StreamJoined<TKey, TValue, TOther>? joined = null, Action<LateRecord>? onLate = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(other, (left, right) => joiner(left.Value!, right.Value!), windows, keepsLeft: false, keepsRight: false, joined, onLate);
    }

    /// <summary>Pairs of records of both streams, and records of this one that found no partner: once, when none can come any more.</summary>
    /// <param name="other">The right stream; both topics need the same number of partitions where nothing is repartitioned.</param>
    /// <param name="joiner">Makes the value; the right one may be missing.</param>
    /// <param name="windows">Which times fit.</param>
    /// <param name="joined">Names and serdes.</param>
    /// <param name="onLate">Called for each record that comes too late to meet any other (Watermarks clock).</param>
    public KStream<TKey, TResult> LeftJoin<TOther, TResult>(
        KStream<TKey, TOther> other, Func<TValue, Optional<TOther>, TResult> joiner, JoinWindows windows, StreamJoined<TKey, TValue, TOther>? joined = null, Action<LateRecord>? onLate = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(other, (left, right) => joiner(left.Value!, right), windows, keepsLeft: true, keepsRight: false, joined, onLate);
    }

    /// <summary>Pairs of records of both streams, and records of both that found no partner: once, when none can come any more.</summary>
    /// <param name="other">The right stream; both topics need the same number of partitions where nothing is repartitioned.</param>
    /// <param name="joiner">Makes the value; one of both may be missing.</param>
    /// <param name="windows">Which times fit.</param>
    /// <param name="joined">Names and serdes.</param>
    /// <param name="onLate">Called for each record that comes too late to meet any other (Watermarks clock).</param>
    public KStream<TKey, TResult> OuterJoin<TOther, TResult>(
        KStream<TKey, TOther> other, Func<Optional<TValue>, Optional<TOther>, TResult> joiner, JoinWindows windows, StreamJoined<TKey, TValue, TOther>? joined = null, Action<LateRecord>? onLate = null)
    {
        ArgumentNullException.ThrowIfNull(joiner);
        return JoinStream(other, joiner, windows, keepsLeft: true, keepsRight: true, joined, onLate);
    }

#pragma warning disable CS8714 // A record without key is not stored.
    private KStream<TKey, TResult> JoinStream<TOther, TResult>(
        KStream<TKey, TOther> other, Func<Optional<TValue>, Optional<TOther>, TResult> joiner, JoinWindows windows, bool keepsLeft, bool keepsRight,
        StreamJoined<TKey, TValue, TOther>? joined, Action<LateRecord>? onLate)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(windows);
        joined ??= new();
        joined = joined with
        {
            KeySerde = joined.KeySerde ?? _keySerde ?? other._keySerde ?? Serdes.Find<TKey>(),
            LeftSerde = joined.LeftSerde ?? _valueSerde ?? Serdes.Find<TValue>(),
            RightSerde = joined.RightSerde ?? other._valueSerde ?? Serdes.Find<TOther>(),
        };
        var name = joined.Name;
        var left = _needsRepartition ? _builder.Repartition(_node, name is null ? null : $"{name}-left", _node.Name, joined.KeySerde, joined.LeftSerde, null) : _node;
        var isSelfJoin = _builder.Does(TopologyRewrites.SelfJoins) && (object)other._node == _node && !keepsLeft && !keepsRight && windows.BeforeMs == windows.AfterMs;
        var right = isSelfJoin ? other._node : other._needsRepartition ? _builder.Repartition(other._node, name is null ? null : $"{name}-right", other._node.Name, joined.KeySerde, joined.RightSerde, null) : other._node;
        var names = new JoinNames(_builder, name, joined.StoreName, keepsLeft, keepsRight);
        _builder.CheckSameBuilder(other._builder, names.Merge);
        if (joined is { StoreName: null, Logged: true })
            _builder.Warnings.Add($"The stores of '{names.Merge}' have generated names: they change when the topology does, and their state is lost then. Name them by StreamJoined.StoreName.");
        var leftStore = _builder.AddStore(new JoinWindowStoreDefinition<TKey, TValue>(names.LeftStore, joined.KeySerde, joined.LeftSerde, windows, joined.Logged));
        if (isSelfJoin)
            return SelfJoin(names, leftStore, left, joiner, windows, joined, onLate);
        var rightStore = _builder.AddStore(new JoinWindowStoreDefinition<TKey, TOther>(names.RightStore, joined.KeySerde, joined.RightSerde, windows, joined.Logged));
        var unmatched = names.UnmatchedStore is null
            ? null
            : _builder.AddStore(new OuterJoinStoreDefinition<TKey, TValue, TOther>(names.UnmatchedStore, joined.KeySerde, joined.LeftSerde, joined.RightSerde, joined.Logged));
        var leftSide = new JoinSide(true, names.LeftStore, names.RightStore, names.UnmatchedStore, windows.BeforeMs, windows.AfterMs, windows.GraceMs, keepsLeft, keepsRight);
        var rightSide = new JoinSide(false, names.RightStore, names.LeftStore, names.UnmatchedStore, windows.AfterMs, windows.BeforeMs, windows.GraceMs, keepsRight, keepsLeft);
        var shared = new object();
        var leftWindow = _builder.Add(new ProcessorNode<TKey, TValue, TKey, TValue>(names.LeftWindow, () => new JoinWindow<TKey, TValue>(leftSide, onLate), [leftStore]), left);
        var rightWindow = _builder.Add(new ProcessorNode<TKey, TOther, TKey, TOther>(names.RightWindow, () => new JoinWindow<TKey, TOther>(rightSide, onLate), [rightStore]), right);
        TResult Unmatched(Unmatched<TKey, TValue, TOther> waiting) => waiting.IsLeft ? joiner(new(waiting.Left, true), default) : joiner(default, new(waiting.Right, true));
        var leftJoin = _builder.Add(
            new StreamJoinNode<TKey, TValue, TResult>(
                names.LeftJoin, unmatched is null ? [rightStore] : [rightStore, unmatched], shared,
                tracker => new StreamJoin<TKey, TValue, TOther, TValue, TOther, TResult>(leftSide, tracker, (_, value, found) => joiner(new(value, true), found), Unmatched), windows.HeldMs),
            leftWindow);
        var rightJoin = _builder.Add(
            new StreamJoinNode<TKey, TOther, TResult>(
                names.RightJoin, unmatched is null ? [leftStore] : [leftStore, unmatched], shared,
                tracker => new StreamJoin<TKey, TOther, TValue, TValue, TOther, TResult>(rightSide, tracker, (_, value, found) => joiner(found, new(value, true)), Unmatched), 0),
            rightWindow);
        var merge = _builder.Add(new ProcessorNode<TKey, TResult, TKey, TResult>(names.Merge, static () => new PassThrough<TKey, TResult>()), leftJoin, rightJoin);
        return new(_builder, merge, joined.KeySerde, Serdes.Find<TResult>(), needsRepartition: false);
    }

    // Both sides are of one type.
    private KStream<TKey, TResult> SelfJoin<TOther, TResult>(
        JoinNames names, StoreDefinition store, TopologyNode<TKey, TValue> source, Func<Optional<TValue>, Optional<TOther>, TResult> joiner, JoinWindows windows,
        StreamJoined<TKey, TValue, TOther> joined, Action<LateRecord>? onLate)
    {
        var side = new JoinSide(true, names.LeftStore, names.LeftStore, null, windows.BeforeMs, windows.AfterMs, windows.GraceMs, KeepsUnmatched: false, OtherKeepsUnmatched: false);
        var window = _builder.Add(new ProcessorNode<TKey, TValue, TKey, TValue>(names.LeftWindow, () => new JoinWindow<TKey, TValue>(side, onLate), [store]), source);
        TResult Join(TKey key, TValue left, TValue right) => joiner(new(left, true), new((TOther)(object)right!, true));
        var join = _builder.Add(
            new StreamJoinNode<TKey, TValue, TResult>(names.Merge, [store], new object(), _ => new SelfJoin<TKey, TValue, TResult>(side, Join), windows.HeldMs), window);
        return new(_builder, join, joined.KeySerde, Serdes.Find<TResult>(), needsRepartition: false);
    }
#pragma warning restore CS8714
}
