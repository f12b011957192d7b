using Microsoft.Extensions.Logging;

namespace CrashStreams.Telemetry;

/// <summary>Logs what is repeated while it lasts: one line per cause and 10 seconds, with the number of those left out. Any thread may call it.</summary>
internal sealed class QuietLog(ILogger logger, TimeProvider time)
{
    private const int MaxCauses = 100;
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(10);

    // An application's threads meet the same fault at the same time.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long At, int Suppressed)> _logged = [];

    /// <summary>Warns, unless the same cause was logged within the interval.</summary>
    public void Warn(string cause, string text, Exception? exception = null)
    {
        if (!IsDue(cause, out var suppressed))
            return;
        logger.LogWarning(exception, "{Text}{More}", text, suppressed == 0 ? "" : $" ({suppressed} more of the kind since the last such line)");
    }

    private bool IsDue(string cause, out int suppressed)
    {
        lock (_lock)
        {
            suppressed = 0;
            if (_logged.TryGetValue(cause, out var before))
            {
                if (time.GetElapsedTime(before.At) < _interval)
                {
                    _logged[cause] = before with { Suppressed = before.Suppressed + 1 };
                    return false;
                }

                suppressed = before.Suppressed;
            }
            else if (_logged.Count >= MaxCauses)
            {
                _logged.Clear();
            }

            _logged[cause] = (time.GetTimestamp(), 0);
            return true;
        }
    }
}
