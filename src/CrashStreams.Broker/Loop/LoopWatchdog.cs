using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Loop;

/// <summary>
/// Says which request held the loop for too long, because everybody else waits for it: a line in the log, at most one a second, and the metric
/// <c>crashstreams.broker.loop.overruns</c>.
/// </summary>
internal sealed class LoopWatchdog(TimeSpan limit, ILogger log) : IDisposable
{
    private static readonly long s_ticksPerReport = Stopwatch.Frequency;
    private readonly long _limitTicks = (long)(limit.TotalSeconds * Stopwatch.Frequency);
    private readonly Meter _meter = new(EmbeddedBroker.Name);
    private Counter<long>? _overruns;
    private long _nextReport;
    private long _unreported;

    /// <summary>How many steps took too long since the start.</summary>
    public long Overruns { get; private set; }

    public bool IsTooLong(long startedTimestamp, out TimeSpan elapsed)
    {
        var ticks = Stopwatch.GetTimestamp() - startedTimestamp;
        elapsed = ticks > _limitTicks ? TimeSpan.FromSeconds((double)ticks / Stopwatch.Frequency) : default;
        return ticks > _limitTicks;
    }

    public void Report(string step, TimeSpan elapsed, LogLevel level)
    {
        Overruns++;
        _overruns ??= _meter.CreateCounter<long>("crashstreams.broker.loop.overruns", description: "Steps that held the broker's loop for longer than they may.");
        _overruns.Add(1);
        var now = Stopwatch.GetTimestamp();
        if (now < _nextReport)
        {
            _unreported++;
            return;
        }
        log.Log(level, "{Step} held the loop for {Ms:0} ms; {Limit:0} ms are allowed. {Unreported} others did since the last such line.",
            step, elapsed.TotalMilliseconds, limit.TotalMilliseconds, _unreported);
        (_nextReport, _unreported) = (now + s_ticksPerReport, 0);
    }

    public void Dispose() => _meter.Dispose();
}
