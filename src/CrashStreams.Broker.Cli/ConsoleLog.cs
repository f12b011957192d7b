using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Cli;

/// <summary>
/// Writes to standard error, a line per entry. The hosting libraries' console logger does more, and would take a quarter of the start of
/// the process for it.
/// </summary>
/// <param name="minimum">The level from which on entries are written. What happened to stored data is always written from warnings on.</param>
internal sealed class ConsoleLog(LogLevel minimum) : ILoggerFactory
{
    private readonly Lock _lock = new(); // connections log on their own threads

    public ILogger CreateLogger(string categoryName) =>
        new Logger(this, categoryName == EmbeddedBroker.StorageLogCategory && minimum > LogLevel.Warning ? LogLevel.Warning : minimum);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The console is the only log.");

    public void Dispose()
    {
    }

    private void Write(string line, Exception? exception)
    {
        lock (_lock)
        {
            Console.Error.WriteLine(line);
            if (exception is not null)
                Console.Error.WriteLine(exception);
        }
    }

    private sealed class Logger(ConsoleLog console, LogLevel minimum) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                console.Write($"{logLevel}: {formatter(state, exception)}", exception);
        }
    }
}
