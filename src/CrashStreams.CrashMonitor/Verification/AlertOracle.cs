namespace CrashStreams.CrashMonitor;

/// <summary>
/// Recomputes the alerts from the input, independently of the engine. A record is late for its window when the window's end + grace is not
/// past the watermark of the record's own partition: the highest event time read from it so far, the record's own included. All
/// other records count, whatever the other partitions hold, so the order in which partitions are given does not matter. With a second grace a late record
/// is judged by that one in the same way: what it lets in is in the window's last correction.
/// </summary>
public sealed class AlertOracle
{
    private readonly CrashMonitorOptions _options;
    private readonly long _windowMs;
    private readonly long _graceMs;
    private readonly long _latestMs;
    private readonly LineReader _line;
    private readonly Dictionary<int, long> _watermarks = [];
    private readonly Dictionary<(long StartMs, string User), long> _counts = [];
    private readonly Dictionary<(long StartMs, string User), long> _lateCounts = [];
    private readonly Dictionary<string, string> _users = [];
    private readonly SortedDictionary<string, long> _malformed = new(StringComparer.Ordinal);
    private long _records, _matching, _correcting, _late, _future;

    /// <param name="options">What the monitor ran with.</param>
    /// <param name="latest">Event times above this count as lies: such records move no watermark and are in no window.</param>
    public AlertOracle(CrashMonitorOptions options, DateTimeOffset? latest = null)
    {
        options.Validate();
        _options = options;
        _windowMs = (long)options.Window.TotalMilliseconds;
        _graceMs = (long)options.Grace.TotalMilliseconds;
        _latestMs = (latest ?? DateTimeOffset.MaxValue).ToUnixTimeMilliseconds();
        _line = new(options);
    }

    /// <summary>Takes the next record of a partition, in the order of offsets.</summary>
    public void Add(int partition, ReadOnlySpan<byte> value)
    {
        _records++;
        _line.Read(value);
        if (_line.Fault is { } fault)
            _malformed[fault] = _malformed.GetValueOrDefault(fault) + 1;
        if (_line.TimestampMs < 0)
            return;
        if (_line.TimestampMs > _latestMs)
        {
            _future++;
            return;
        }

        var watermark = Math.Max(_watermarks.GetValueOrDefault(partition, long.MinValue), _line.TimestampMs);
        _watermarks[partition] = watermark;
        if (_line.IsMatch)
            Count(_line.TimestampMs / _windowMs * _windowMs, watermark);
    }

    private void Count(long startMs, long watermark)
    {
        _matching++;
        var counts = _counts;
        if (ClosingTime(startMs) <= watermark)
        {
            if (_options.CorrectWithin is not { } within || startMs + _windowMs + (long)within.TotalMilliseconds <= watermark)
            {
                _late++;
                return;
            }

            _correcting++;
            counts = _lateCounts;
        }

        if (!_users.TryGetValue(_line.User, out var user))
            _users[user = _line.User] = user;
        counts[(startMs, user)] = counts.GetValueOrDefault((startMs, user)) + 1;
    }

    /// <summary>What the alerts have to be after all the input.</summary>
    /// <param name="everythingIsClosed">Whether the monitor also closed the windows that no watermark has passed, for want of input.</param>
    public ExpectedAlerts Finish(bool everythingIsClosed = false)
    {
        var slowest = everythingIsClosed ? long.MaxValue : _watermarks.Values.DefaultIfEmpty(long.MinValue).Min();
        var fastest = _watermarks.Values.DefaultIfEmpty(long.MinValue).Max();
        Dictionary<AlertKey, long> due = [], possible = [], dueCorrections = [], possibleCorrections = [];
        foreach (var ((startMs, user), count) in _counts)
            Expect(startMs, user, count, due, possible);
        foreach (var ((startMs, user), count) in _lateCounts)
            Expect(startMs, user, count + _counts.GetValueOrDefault((startMs, user)), dueCorrections, possibleCorrections);

        void Expect(long startMs, string user, long count, Dictionary<AlertKey, long> whenAllPassed, Dictionary<AlertKey, long> whenSomePassed)
        {
            if (count <= _options.Threshold)
                return;
            var closesAt = ClosingTime(startMs);
            if (closesAt <= slowest)
                whenAllPassed.Add(new(startMs, startMs + _windowMs, user), count);
            else if (closesAt <= fastest)
                whenSomePassed.Add(new(startMs, startMs + _windowMs, user), count);
        }

        return new(due, possible)
        {
            DueCorrections = dueCorrections,
            PossibleCorrections = possibleCorrections,
            Correcting = _correcting,
            Records = _records,
            Matching = _matching,
            Late = _late,
            Future = _future,
            Malformed = _malformed,
        };
    }

    private long ClosingTime(long startMs) => startMs + _windowMs + _graceMs;
}
