using System.Buffers.Text;
using CrashStreams.Log;

namespace CrashStreams.CrashMonitor;

/// <summary>
/// Generates log lines in the order of event time over all partitions, so that the partitions advance together, as those of a live
/// system do. The same options and number of partitions give the same lines.
/// </summary>
public sealed class LoadGenerator
{
    private const int FirstUser = 1000;

    private readonly LoadOptions _options;
    private readonly int _partitions;
    private readonly long _startMs;
    private readonly LogLine _line = new();
    private readonly byte[] _key = "user_0000000000"u8.ToArray();
    private SplitMix64 _random;

    /// <param name="options">What to generate.</param>
    /// <param name="partitions">The input topic's number of partitions.</param>
    /// <exception cref="ArgumentException">The options are not usable.</exception>
    public LoadGenerator(LoadOptions options, int partitions)
    {
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        _options = options;
        _partitions = partitions;
        _startMs = options.Start.ToUnixTimeMilliseconds();
        _random = new(options.Seed);
    }

    /// <summary>How many lines were generated.</summary>
    public long Generated { get; private set; }

    /// <summary>The event time that is due next, as time since <see cref="LoadOptions.Start"/>.</summary>
    public TimeSpan Due => TimeSpan.FromSeconds(Generated / _options.Rate);

    /// <summary>Generates the next line; false after the last one.</summary>
    public bool TryNext(out GeneratedRecord record)
    {
        if (Generated == _options.Count)
        {
            record = default;
            return false;
        }

        var timestampMs = Math.Max(0, _startMs + (long)Due.TotalMilliseconds - DelayMs());
        var user = FirstUser + _random.Below(_options.Users);
        var isSevereCrash = _random.Share() < _options.MatchingShare;
        _line.Write(_options.InMilliseconds ? timestampMs : timestampMs / 1000, user, isSevereCrash, ref _random);

        var key = _options.Keyed ? Key(user) : [];
        record = new()
        {
            Key = key,
            Value = _line.Written,
            Partition = _options.Keyed ? Murmur2.Partition(key, _partitions) : (int)(Generated / _options.Batch % _partitions),
            TimestampMs = _options.InMilliseconds ? timestampMs : timestampMs / 1000 * 1000,
        };
        Generated++;
        return true;
    }

    /// <summary>Sends all lines that are left, paced by the clock, and waits until they are written. Answers how many lines it sent.</summary>
    /// <param name="producer">Gets the lines.</param>
    /// <param name="topic">The input topic.</param>
    /// <param name="time">The clock that paces.</param>
    /// <param name="progress">Hears of the lines sent so far, after each step of at most 50 ms or 1000 lines.</param>
    /// <param name="cancellation">Stops early; what was sent stays sent.</param>
    public async Task<long> SendAsync(ILogProducer producer, string topic, TimeProvider time, IProgress<long>? progress, CancellationToken cancellation)
    {
        var step = TimeSpan.FromMilliseconds(50);
        var (began, first) = (time.GetTimestamp(), Generated);
        var offset = Due;
        while (Generated < _options.Count && !cancellation.IsCancellationRequested)
        {
            var ahead = ((Due - offset) / _options.Speed) - time.GetElapsedTime(began);
            if (ahead > TimeSpan.Zero)
                await Task.Delay(ahead < step ? step : ahead, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            else
                SendDue(producer, topic, offset + Scale(time.GetElapsedTime(began)));
            progress?.Report(Generated - first);
        }

        producer.Flush();
        return Generated - first;
    }

    private void SendDue(ILogProducer producer, string topic, TimeSpan until)
    {
        for (var sent = 0; sent < 1000 && Due <= until && TryNext(out var record); sent++)
        {
            producer.Send(topic, record.Partition, new LogRecord
            {
                Key = record.Key,
                HasKey = _options.Keyed,
                Value = record.Value,
                HasValue = true,
                Timestamp = -1,
            });
        }
    }

    private TimeSpan Scale(TimeSpan wallClock) => double.IsFinite(_options.Speed) ? wallClock * _options.Speed : TimeSpan.MaxValue / 2;

    private long DelayMs()
    {
        var share = _random.Share();
        if (share < _options.LateShare)
            return (long)_options.LateBy.TotalMilliseconds;
        if (share < _options.LateShare + _options.OutOfOrderShare)
            return (long)(_random.Share() * _options.OutOfOrderSpread.TotalMilliseconds);
        return 0;
    }

    private ReadOnlySpan<byte> Key(int user)
    {
        const int Prefix = 5;
        Utf8Formatter.TryFormat(user, _key.AsSpan(Prefix), out var digits);
        return _key.AsSpan(0, Prefix + digits);
    }
}
