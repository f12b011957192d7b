using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Integration.Tests;

/// <summary>Keeps what applications log, with the time, for a failed test to tell.</summary>
internal sealed class LogLines : ILoggerProvider, ILoggerFactory
{
    // Written by the stream threads of several applications.
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TimeProvider _time = TimeProvider.System;

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void AddProvider(ILoggerProvider provider)
    {
        // There is only this one.
    }

    public void Add(string line) => _lines.Enqueue($"{_time.GetLocalNow():HH:mm:ss.fff} {line}");

    public override string ToString() => string.Join('\n', _lines);

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Logger(LogLines lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                lines.Add($"{logLevel} {formatter(state, exception)}");
        }
    }
}
