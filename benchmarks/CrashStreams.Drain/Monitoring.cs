using System.Diagnostics;
using CrashStreams.CrashMonitor;
using CrashStreams.Log;
using CrashStreams.RocksDb;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Drain;

/// <summary>The crash monitor on a topic that is full when it starts, from its first record until everything is processed and committed.</summary>
internal static class Monitoring
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(2);

    public static string AlertTopic(string topic, string application) => $"{topic}-{application}-alerts";

    /// <param name="clients">The log.</param>
    /// <param name="topic">What to read.</param>
    /// <param name="records">How many records it holds.</param>
    /// <param name="threads">Stream threads.</param>
    /// <param name="guarantee">What the monitor runs with.</param>
    /// <param name="application">Shared with other instances, and its topics stay; null: of its own.</param>
    /// <param name="isOnDisk">Whether state is kept by RocksDB, in a directory of its own that is deleted at the end, and not in memory.</param>
    /// <param name="shuffle">How records travel to the tasks that count.</param>
    public static async Task RunAsync(
        ILogClients clients, string topic, long records, int threads, ProcessingGuarantee guarantee, string? application, bool isOnDisk, ShuffleFormat shuffle = ShuffleFormat.Packed)
    {
        var directory = isOnDisk ? Directory.CreateTempSubdirectory("crashstreams-state-").FullName : null;
        try
        {
            using var storage = directory is null ? null : new RocksDbState(new() { Directory = directory });
            await RunAsync(clients, topic, records, threads, guarantee, application, storage, shuffle);
        }
        finally
        {
            if (directory is not null)
                Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task RunAsync(ILogClients clients, string topic, long records, int threads, ProcessingGuarantee guarantee, string? application, RocksDbState? storage, ShuffleFormat shuffle)
    {
        using var admin = clients.CreateAdmin("drain");
        var name = application ?? $"drain-{Guid.NewGuid():N}";
        var monitor = new CrashMonitorOptions { InputTopic = topic, ApplicationId = name, AlertTopic = AlertTopic(topic, name), Threads = threads };
        await admin.CreateTopicsAsync([new(monitor.AlertTopic, 1, new Dictionary<string, string>())], default);
        var options = monitor.ToStreamsOptions();
        options.Delivery.Guarantee = guarantee;
        options.Delivery.Shuffle = shuffle;
        options.State.Storage = storage;
        var waits = new Waits();
        using var loggers = new Warnings();

        var started = Stopwatch.GetTimestamp();
        await using var streams = new StreamsApplication(CrashTopology.Build(monitor), options, new TimedClients(clients, waits), loggers);
        await streams.StartAsync();
        while (streams.ProcessedRecords == 0 && !streams.Completion.IsCompleted)
            await Task.Delay(Glance, TimeProvider.System);
        var joining = Stopwatch.GetElapsedTime(started);
        await streams.CaughtUpAsync();
        var whole = Stopwatch.GetElapsedTime(started);
        await streams.StopAsync();

        new Outcome(records, (whole - joining).TotalSeconds, joining.TotalSeconds).Print();
        waits.Print();
        if (application is null)
            await admin.DeleteTopicsAsync([.. CrashTopology.OwnTopics(monitor.ApplicationId), monitor.AlertTopic], default);
    }

    // A drain that meets faults measures them, not itself.
    private sealed class Warnings : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Console.WriteLine($"log {formatter(state, exception)}");
        }

        public void Dispose()
        {
        }
    }
}
