using Microsoft.Extensions.Logging;

namespace CrashStreams.CommandLine;

/// <summary>
/// Writes a line per entry. The hosting libraries' console logger does more, would take a quarter of the start of the broker's process for it, and knows nothing of what
/// else is on the terminal.
/// </summary>
/// <param name="isShown">Which levels of a category are written.</param>
/// <param name="write">Writes a line; called by one thread at a time.</param>
internal sealed class LineLog(Func<string, LogLevel, bool> isShown, Action<string> write) : ILoggerFactory
{
    private readonly Lock _lock = new(); // connections and stream threads log on their own threads

    public ILogger CreateLogger(string categoryName) => new Logger(this, level => isShown(categoryName, level));

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("These lines are the only log.");

    public void Dispose()
    {
    }

    private void Write(string line, Exception? exception)
    {
        lock (_lock)
        {
            write(line);
            if (exception is not null)
                write($"{exception}");
        }
    }

    private sealed class Logger(LineLog lines, Func<LogLevel, bool> isShown) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => isShown(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isShown(logLevel))
                lines.Write($"{logLevel}: {formatter(state, exception)}", exception);
        }
    }
}
