namespace CrashStreams.Tests.Time;

/// <summary>A record of a source partition; without a key it only moves the clock.</summary>
internal readonly record struct Note(string? Key, long TimeMs);

/// <summary>A windowed sum of a chain, and the key under which its results go on to the next.</summary>
internal sealed record Stage(long SizeMs, long AdvanceMs, long GraceMs, Func<string, string> KeyOfResult);

/// <summary>A record that came for a closed window: of a source partition, or (partition -1) the result of the stage before for a window that starts at the position.</summary>
internal readonly record struct Missed(int Stage, string Key, int Partition, long Position, long StartMs);

/// <summary>
/// What the results have to be, from a machine that has no rule of lateness. One clock ticks through all of time, a millisecond a tick, and nobody is ahead of
/// anybody: at a tick windows whose end + grace it is close, stage by stage, and hand their results on; then each partition reads on as far as it
/// can without a time beyond the tick. Whatever comes for a closed window has missed it. This is the ideal live run; every other run has to give the same.
/// </summary>
internal sealed class Metronome
{
    private readonly IReadOnlyList<Stage> _stages;
    private readonly SortedDictionary<long, SortedDictionary<(long StartMs, string Key), (long Sum, long TimeMs)>>[] _open;
    private readonly long[] _closedThrough;

    public Metronome(IReadOnlyList<Stage> stages, IReadOnlyList<IReadOnlyList<Note>> partitions)
    {
        _stages = stages;
        _open = stages.Select(_ => new SortedDictionary<long, SortedDictionary<(long, string), (long, long)>>()).ToArray();
        _closedThrough = Enumerable.Repeat(-1L, stages.Count).ToArray();
        var next = new int[partitions.Count];
        var last = partitions.SelectMany(p => p).Select(n => n.TimeMs).Append(-1).Max();
        for (var tick = NextTick(partitions, next); tick <= last; tick = NextTick(partitions, next))
            Tick(tick, partitions, next);
    }

    /// <summary>Results of the last stage by key and start of window, with the latest time that is in them.</summary>
    public List<(string Key, long StartMs, long Sum, long TimeMs)> Results { get; } = [];

    public List<Missed> Late { get; } = [];

    /// <summary>Sums of a stage, closed and open.</summary>
    public Dictionary<(string Key, long StartMs), (long Sum, long TimeMs)>[] All => _all ??= [.. _stages.Select(_ => new Dictionary<(string, long), (long, long)>())];

    private Dictionary<(string Key, long StartMs), (long Sum, long TimeMs)>[]? _all;

    // Ticks at which nothing happens are skipped: the next is when a partition reads its next record or a window closes.
    private long NextTick(IReadOnlyList<IReadOnlyList<Note>> partitions, int[] next)
    {
        var tick = _open.Where(o => o.Count > 0).Select(o => o.First().Key).Append(long.MaxValue).Min();
        for (var p = 0; p < next.Length; p++)
        {
            if (next[p] < partitions[p].Count)
                tick = Math.Min(tick, partitions[p][next[p]].TimeMs);
        }

        return tick;
    }

    private void Tick(long tick, IReadOnlyList<IReadOnlyList<Note>> partitions, int[] next)
    {
        for (var stage = 0; stage < _stages.Count; stage++)
            _closedThrough[stage] = tick - 1;
        for (var stage = 0; stage < _stages.Count; stage++)
        {
            _closedThrough[stage] = tick;
            if (!_open[stage].Remove(tick, out var windows))
                continue;
            foreach (var ((startMs, key), (sum, timeMs)) in windows)
                Emit(stage, key, startMs, sum, timeMs);
        }

        for (var p = 0; p < next.Length; p++)
        {
            for (; next[p] < partitions[p].Count && partitions[p][next[p]].TimeMs <= tick; next[p]++)
            {
                if (partitions[p][next[p]] is { Key: { } key, TimeMs: var timeMs })
                    Take(0, key, timeMs, 1, p, next[p]);
            }
        }
    }

    private void Emit(int stage, string key, long startMs, long sum, long timeMs)
    {
        if (stage == _stages.Count - 1)
            Results.Add((key, startMs, sum, timeMs));
        else
            Take(stage + 1, _stages[stage].KeyOfResult(key), timeMs, sum, -1, startMs);
    }

    private void Take(int stage, string key, long timeMs, long weight, int partition, long position)
    {
        var (size, advance, grace) = (_stages[stage].SizeMs, _stages[stage].AdvanceMs, _stages[stage].GraceMs);
        for (var start = timeMs / advance * advance; start >= 0 && start > timeMs - size; start -= advance)
        {
            var closes = start + size + grace;
            if (closes <= _closedThrough[stage])
            {
                Late.Add(new(stage, key, partition, position, start));
                continue;
            }

            if (!_open[stage].TryGetValue(closes, out var windows))
                _open[stage].Add(closes, windows = []);
            var (sum, latest) = windows.GetValueOrDefault((start, key), (0, long.MinValue));
            All[stage][(key, start)] = windows[(start, key)] = (sum + weight, Math.Max(latest, timeMs));
        }
    }
}
