using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Cli;

/// <summary>
/// Writes to standard error, a line per entry. The hosting libraries' console logger does more, and would take a quarter of the start of
/// the process for it.
/// </summary>
internal sealed class ConsoleLog(LogLevel minimum) : ILoggerFactory, ILogger
{
    private readonly Lock _lock = new(); // connections log on their own threads

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The console is the only log.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        lock (_lock)
        {
            Console.Error.WriteLine($"{logLevel}: {formatter(state, exception)}");
            if (exception is not null)
                Console.Error.WriteLine(exception);
        }
    }

    public void Dispose()
    {
    }
}
