using Microsoft.Extensions.Logging;

namespace CrashStreams.Telemetry;

/// <summary>Logs what is repeated while it lasts, quietly: see <see cref="QuietLines"/>. Any thread may call it.</summary>
internal sealed class QuietLog(ILogger logger, TimeProvider time)
{
    private readonly QuietLines _lines = new(time);

    /// <summary>Warns, unless the same cause was logged within the interval.</summary>
    public void Warn(string cause, string text, Exception? exception = null)
    {
        if (_lines.Next(cause, text) is { } line)
            logger.Repeated(exception, line);
    }
}
