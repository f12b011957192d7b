using System.Collections.Concurrent;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Broker.Server;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>A broker that is attacked over TCP, with topics to attack, and what it logs.</summary>
internal sealed class Victim : IAsyncDisposable
{
    public const string Password = "right";

    private Victim(EmbeddedBroker broker, LoggedText log, bool hasUsers)
    {
        (Broker, Log) = (broker, log);
        Target = new Target(broker.Port, hasUsers ? Password : null) { WidePartitions = 200 };
    }

    public EmbeddedBroker Broker { get; }

    public LoggedText Log { get; }

    public Target Target { get; }

    public static async Task<Victim> StartAsync(Limits? limits = null, bool hasUsers = false, BrokerOptions? options = null)
    {
        var log = new LoggedText();
        var broker = await EmbeddedBroker.StartAsync((options ?? new BrokerOptions()) with
        {
            Limits = limits ?? new Limits(),
            Users = hasUsers ? new Dictionary<string, string> { [Target.User] = Password } : new Dictionary<string, string>(),
            LoggerFactory = log,
        });
        var victim = new Victim(broker, log, hasUsers);
        await broker.CreateTopicAsync(Target.Narrow);
        await broker.CreateTopicAsync(Target.Wide, victim.Target.WidePartitions);
        return victim;
    }

    public Task<AttackClient> ConnectAsync() => AttackClient.ConnectAsync(Target);

    public async Task UntilAsync(Func<BrokerCore, bool> condition, string because)
    {
        using var patience = new CancellationTokenSource(Clients.Client.Patience);
        while (!await Broker.LookAsync(condition))
        {
            patience.IsCancellationRequested.Should().BeFalse(because);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    public ValueTask DisposeAsync() => Broker.DisposeAsync();
}

/// <summary>What a broker has logged, at all levels.</summary>
internal sealed class LoggedText : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public IEnumerable<string> Lines => _lines.Select(line => line.Text);

    public IEnumerable<string> Errors => _lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Text);

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, formatter(state, exception) + exception));

    public void Dispose()
    {
    }
}
