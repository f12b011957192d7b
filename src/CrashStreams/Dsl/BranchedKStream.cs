using CrashStreams.Operators;
using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>The branches of a stream. A record goes to the first one that takes it; without a default branch the rest disappears.</summary>
public sealed class BranchedKStream<TKey, TValue>
{
    private readonly BuilderState _builder;
    private readonly string _name;
    private readonly Func<TopologyNode<TKey, TValue>, KStream<TKey, TValue>> _toStream;
    private readonly List<Func<TKey, TValue, bool>> _predicates = [];
    private readonly Dictionary<string, KStream<TKey, TValue>> _branches = [];
    private readonly TopologyNode<TKey, TValue> _split;
    private int _default = -1;
    private string? _end;

    internal BranchedKStream(
        BuilderState builder, TopologyNode<TKey, TValue> parent, string name, Func<TopologyNode<TKey, TValue>, KStream<TKey, TValue>> toStream)
    {
        _builder = builder;
        _name = name;
        _toStream = toStream;
        _split = builder.Add(new ProcessorNode<TKey, TValue, TKey, TValue>(name, () => new Branch<TKey, TValue>(_predicates, _default)), parent);
    }

    /// <summary>Adds a branch.</summary>
    /// <param name="predicate">Takes a record or leaves it to the branches after this one.</param>
    /// <param name="use">Goes on with the branch's stream; it is also in the answer of <see cref="DefaultBranch"/> and <see cref="NoDefaultBranch"/>.</param>
    /// <param name="name">Appended to the split's name; the branch's number by default.</param>
    /// <exception cref="TopologyException">The split has ended, or has a branch of this name.</exception>
    public BranchedKStream<TKey, TValue> Branch(Func<TKey, TValue, bool> predicate, Action<KStream<TKey, TValue>>? use = null, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        CheckGoesOn(nameof(Branch));
        _predicates.Add(predicate);
        Add(name ?? $"{_predicates.Count}", use);
        return this;
    }

    /// <summary>Takes what no branch took, and ends the split.</summary>
    public IReadOnlyDictionary<string, KStream<TKey, TValue>> DefaultBranch(Action<KStream<TKey, TValue>>? use = null, string? name = null)
    {
        CheckGoesOn(nameof(DefaultBranch));
        _end = nameof(DefaultBranch);
        _default = _predicates.Count;
        _predicates.Add(static (_, _) => true);
        Add(name ?? "0", use);
        return _branches;
    }

    /// <summary>Drops what no branch took, and ends the split.</summary>
    public IReadOnlyDictionary<string, KStream<TKey, TValue>> NoDefaultBranch()
    {
        CheckGoesOn(nameof(NoDefaultBranch));
        _end = nameof(NoDefaultBranch);
        return _branches;
    }

    private void CheckGoesOn(string call)
    {
        if (_end is not null)
            throw new TopologyException($"The split '{_name}' has ended with {_end}: call {call} before that, or split another stream.");
    }

    private void Add(string suffix, Action<KStream<TKey, TValue>>? use)
    {
        var name = _builder.Name(_name.StartsWith("KSTREAM-BRANCH-", StringComparison.Ordinal) ? $"{_name}-{suffix}" : $"{_name}{suffix}", "KSTREAM-BRANCHCHILD");
        var node = _builder.Add(new ProcessorNode<TKey, TValue, TKey, TValue>(name, static () => new PassThrough<TKey, TValue>()), _split);
        var stream = _toStream(node);
        if (!_branches.TryAdd(name, stream))
            throw new TopologyException($"The split '{_name}' has two branches named '{name}': give one another name.");
        use?.Invoke(stream);
    }
}
