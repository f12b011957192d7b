using CrashStreams.Telemetry;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>Tells of a thread's restores: each step to the application's listener, the sums to metrics, and every few seconds a line to the log.</summary>
internal sealed class RestoreReport(string thread, ApplicationMeter meter, string tag, Action<RestoreProgress>? listener, TimeProvider time, ILogger logger)
{
    private readonly QuietLog _quiet = new(logger, time);
    private static readonly TimeSpan _logInterval = TimeSpan.FromSeconds(5);

    private long _startedAt;
    private long _toldAt;
    private long _restored;
    private long _left;

    /// <summary>Offsets that are left. Other threads may ask.</summary>
    public long Remaining => Volatile.Read(ref _left);

    public void Began(RestoreProgress progress)
    {
        if (_left == 0)
            (_startedAt, _toldAt, _restored) = (time.GetTimestamp(), time.GetTimestamp(), 0);
        Move(progress.Remaining, 0);
        Notify(progress);
    }

    public void Went(RestoreProgress before, RestoreProgress now)
    {
        Move(now.Remaining - before.Remaining, now.Records - before.Records);
        Notify(now);
        if (_left > 0 && time.GetElapsedTime(_toldAt) >= _logInterval)
            Tell();
    }

    /// <summary>The task was taken away: what is left of its restore is somebody else's.</summary>
    public void GaveUp(RestoreProgress progress)
    {
        Move(-progress.Remaining, 0);
        Notify(progress with { IsGivenUp = true });
    }

    public void Completed()
    {
        if (_restored == 0 || _left != 0)
            return;
        meter.Restored(tag, time.GetElapsedTime(_startedAt));
        logger.Restored(thread, _restored, Elapsed(), Rate());
    }

    private void Tell()
    {
        _toldAt = time.GetTimestamp();
        logger.Restoring(thread, _restored, Rate(), _left, _left / Math.Max(1, Rate()));
    }

    // It only watches: state is restored whatever it throws.
    private void Notify(RestoreProgress progress)
    {
        try
        {
            listener?.Invoke(progress);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _quiet.Warn("listener", $"{thread}: {nameof(StateOptions.OnRestore)} threw {e.GetType().Name}: {e.Message}", e);
        }
    }

    private double Elapsed() => time.GetElapsedTime(_startedAt).TotalSeconds;

    private double Rate() => _restored / Math.Max(0.001, Elapsed());

    private void Move(long left, long records)
    {
        Volatile.Write(ref _left, _left + left);
        _restored += records;
        meter.Restoring(tag, left, records);
    }
}
