using System.Diagnostics;
using CrashStreams.CrashMonitor;
using CrashStreams.Kafka;
using CrashStreams.Log;

namespace CrashStreams.Integration.Tests;

/// <summary>Instances of the crash monitor on topics of their own, a load for them, and a verification that has the patience to let them finish.</summary>
internal sealed class Monitors : IAsyncDisposable
{
    public const int Partitions = 12;
    private const int Lines = 30_000;
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly LogLines _log = new();
    private readonly List<StreamsApplication> _instances = [];
    private readonly ProcessingGuarantee _guarantee;
    private readonly KafkaOptions _kafka;
    private readonly KafkaLogClients _clients;

    // Of today: brokers delete records that are a week old, and alerts carry their event time.
    private readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow().AddMinutes(-10);
    private int _sent;

    private Monitors(KafkaOptions kafka, ProcessingGuarantee guarantee)
    {
        (_kafka, _guarantee) = (kafka, guarantee);
        _clients = new(new() { BootstrapServers = kafka.BootstrapServers });
        var name = $"monitor-{Guid.NewGuid():N}";
        Options = new()
        {
            ApplicationId = name,
            InputTopic = $"{name}-in",
            AlertTopic = $"{name}-out",
            Window = TimeSpan.FromSeconds(5),
            Grace = TimeSpan.FromSeconds(5),
        };
    }

    public CrashMonitorOptions Options { get; }

    /// <summary>Creates the topics.</summary>
    public static Task<Monitors> PrepareAsync(string bootstrapServers, ProcessingGuarantee guarantee) => PrepareAsync(new KafkaOptions { BootstrapServers = bootstrapServers }, guarantee);

    public static async Task<Monitors> PrepareAsync(KafkaOptions kafka, ProcessingGuarantee guarantee)
    {
        var monitors = new Monitors(kafka, guarantee);
        using var admin = monitors._clients.CreateAdmin("tests");
        var configs = new Dictionary<string, string>();
        await admin.CreateTopicsAsync([new(monitors.Options.InputTopic, Partitions, configs), new(monitors.Options.AlertTopic, Partitions, configs)], CancellationToken.None);
        return monitors;
    }

    /// <summary>An instance that is not started.</summary>
    /// <param name="onAlert">Hears of its alerts, in its thread.</param>
    /// <param name="change">Changes its options.</param>
    public StreamsApplication New(Action<CrashAlert>? onAlert = null, Action<StreamsOptions>? change = null)
    {
        var options = Options.ToStreamsOptions();
        options.Delivery.Guarantee = _guarantee;
        change?.Invoke(options);
        var instance = new StreamsApplication(CrashTopology.Build(Options, onAlert), options, new KafkaLogClients(_kafka), _log);
        _instances.Add(instance);
        return instance;
    }

    /// <summary>Sends lines, in event time behind those sent before: 500 a second, some out of order, some late.</summary>
    /// <param name="lines">How many.</param>
    /// <param name="speed">Seconds of event time per second.</param>
    public async Task LoadAsync(int lines = Lines, double speed = double.PositiveInfinity)
    {
        const int rate = 500;
        var load = new LoadOptions
        {
            Rate = rate,
            Count = lines,
            Users = 50,
            Speed = speed,
            OutOfOrderShare = 0.1,
            OutOfOrderSpread = TimeSpan.FromSeconds(3),
            LateShare = 0.01,
            LateBy = TimeSpan.FromSeconds(20),
            Start = _start + TimeSpan.FromSeconds((double)_sent / rate),
            Seed = (ulong)_sent + 1,
        };
        _sent += lines;
        using var producer = _clients.CreateProducer("tests", null);
        await new LoadGenerator(load, Partitions).SendAsync(producer, Options.InputTopic, TimeProvider.System, null, CancellationToken.None);
    }

    /// <summary>Waits for something that has to happen soon.</summary>
    public static async Task Until(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            clock.Elapsed.Should().BeLessThan(_patience, "it should have happened by then");
            await Task.Yield();
        }
    }

    /// <summary>Waits until every alert is there; then they all have to be right.</summary>
    public async Task VerifyAsync()
    {
        var clock = Stopwatch.StartNew();
        AlertComparison found;
        do
        {
            found = await new AlertVerifier(_clients, Options).VerifyAsync(null, null, CancellationToken.None);
        }
        while (found.Missing.Count > 0 && clock.Elapsed < _patience && _instances.TrueForAll(i => i.State != ApplicationState.Failed));

        if (found.IsCorrect && found.Expected.Due.Count > 0)
            return;
        var text = new StringWriter();
        VerificationText.Write(text, found);
        Assert.Fail($"{text}{await Diagnosis.Of(_clients, Options, _instances, _log)}");
    }

    /// <summary>What the instances have logged.</summary>
    public string Log => _log.ToString();

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances)
            await instance.DisposeAsync();
        _log.Dispose();
    }
}
