using System.Runtime.InteropServices;

namespace CrashStreams.Time;

/// <summary>
/// The times of a task's operators as an earlier life has committed them, by the hash of the operator's name: a topology that has gained or lost an operator gives none another's time.
/// Applications that were written before committed them by their place in topological order.
/// </summary>
internal sealed class OperatorTimes
{
    public static readonly OperatorTimes None = new();

    private readonly Dictionary<long, (long MaxSeen, long ClosedThrough)> _byName = [];
    private readonly (long MaxSeen, long ClosedThrough)[] _byPlace = [];

    private OperatorTimes()
    {
    }

    public OperatorTimes((long MaxSeen, long ClosedThrough)[] byPlace) => _byPlace = byPlace;

    public OperatorTimes(IEnumerable<(long Name, long MaxSeen, long ClosedThrough)> byName)
    {
        foreach (var (name, maxSeen, closedThrough) in byName)
            Add(name, maxSeen, closedThrough);
    }

    /// <summary>FNV-1a of the name's UTF-16 units, 64 bits.</summary>
    public static long HashOf(string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in MemoryMarshal.AsBytes(name.AsSpan()))
            hash = (hash ^ value) * 1099511628211UL;
        return unchecked((long)hash);
    }

    public (long MaxSeen, long ClosedThrough) Of(string name, int place)
    {
        if (_byName.TryGetValue(HashOf(name), out var times))
            return times;
        return _byName.Count == 0 && place < _byPlace.Length ? _byPlace[place] : (TaskClock.Unknown, TaskClock.Unknown);
    }

    /// <summary>Those of two inputs of the task: the later ones count.</summary>
    public OperatorTimes And(OperatorTimes other)
    {
        var both = new OperatorTimes(_byPlace.Length >= other._byPlace.Length ? _byPlace : other._byPlace);
        foreach (var (name, times) in _byName.Concat(other._byName))
            both.Add(name, times.MaxSeen, times.ClosedThrough);
        return both;
    }

    private void Add(long name, long maxSeen, long closedThrough)
    {
        var known = _byName.GetValueOrDefault(name, (TaskClock.Unknown, TaskClock.Unknown));
        _byName[name] = (Math.Max(known.Item1, maxSeen), Math.Max(known.Item2, closedThrough));
    }
}
