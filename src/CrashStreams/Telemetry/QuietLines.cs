namespace CrashStreams.Telemetry;

/// <summary>The lines of a log that are repeated while their cause lasts: one per cause and 10 seconds, with the number of those left out. Any thread may call it.</summary>
internal sealed class QuietLines(TimeProvider time)
{
    private const int MaxCauses = 100;
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(10);

    // An application's threads, and the threads of native clients, meet the same fault at the same time.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long At, int Suppressed)> _logged = [];

    /// <summary>The line to log; null when the same cause had one within the interval.</summary>
    public string? Next(string cause, string text)
    {
        lock (_lock)
        {
            if (_logged.TryGetValue(cause, out var before) && time.GetElapsedTime(before.At) < _interval)
            {
                _logged[cause] = before with { Suppressed = before.Suppressed + 1 };
                return null;
            }

            if (_logged.Count >= MaxCauses)
                _logged.Clear();
            _logged[cause] = (time.GetTimestamp(), 0);
            return before.Suppressed == 0 ? text : $"{text} ({before.Suppressed} more of the kind since the last such line)";
        }
    }
}
