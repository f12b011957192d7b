using CrashStreams.Broker.Faults;
using CrashStreams.Broker.Loop;
using CrashStreams.Broker.Server;
using CrashStreams.Broker.Storage;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker;

/// <summary>A Kafka broker in this process: one node, real TCP, on the loopback unless the options say otherwise.</summary>
/// <example>
/// <code>
/// await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = "data" });
/// var config = new ProducerConfig { BootstrapServers = broker.BootstrapServers };
/// </code>
/// </example>
public sealed partial class EmbeddedBroker : IAsyncDisposable
{
    /// <summary>The category of what is logged about stored data: losses, and files that were moved aside. What is about neither that nor held-up requests has <c>CrashStreams.Broker</c>.</summary>
    public const string StorageLogCategory = "CrashStreams.Broker.Storage";

    /// <summary>The category under which the broker logs which requests held up the others.</summary>
    public const string LoopLogCategory = "CrashStreams.Broker.Loop";

    /// <summary>The name of the broker's meter, and the category of all else that it logs.</summary>
    internal const string Name = "CrashStreams.Broker";

    private const int NodeId = 1;

    private readonly BrokerOptions _options;
    private readonly IStorage _storage;
    private readonly ILogger _log;
    private readonly DataDirectoryLock? _directoryLock;
    private BrokerServer _server;
    private BrokerLoop _loop;
    private BrokerCore _core;
    private bool _isRunning;

    private EmbeddedBroker(BrokerOptions options)
    {
        _options = options;
        _log = options.LoggerFactory.CreateLogger(Name);
        if (options.DataDirectory is not null)
            DataDirectory.RequireOutsideOfOthers(options.DataDirectory);
        (_storage, _directoryLock) = DataDirectoryFailure.Explain(options.DataDirectory, () => OpenStorage(options));
        try
        {
            (_server, _loop, _core) = DataDirectoryFailure.Explain(options.DataDirectory, () => Start(options.Port));
        }
        catch
        {
            _directoryLock?.Dispose();
            throw;
        }
        _isRunning = true;
        Faults.Crash = CrashAsync;
        Faults.Restart = RestartAsync;
    }

    /// <summary>What clients are given as bootstrap servers: <c>127.0.0.1:port</c>.</summary>
    public string BootstrapServers => $"{_core.Node.Host}:{_core.Node.Port}";

    /// <summary>The port that the broker listens on.</summary>
    public int Port => _server.Port;

    /// <summary>Faults that a test can order.</summary>
    public BrokerFaults Faults { get; } = new();

    /// <summary>Starts a broker; it serves clients when the task completes.</summary>
    /// <param name="options">How to listen and store; by default in memory, on a free port of the loopback.</param>
    /// <param name="cancellationToken">Gives up before the start.</param>
    /// <exception cref="ArgumentException">The options are not valid; the message names everything that is wrong.</exception>
    /// <exception cref="InvalidDataException">The data directory is not a broker's, or is damaged so that a start would lose data; the message says what to do.</exception>
    /// <exception cref="IOException">The data directory is used by another broker, or can't be written.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The port is taken.</exception>
    public static Task<EmbeddedBroker> StartAsync(BrokerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new BrokerOptions();
        options.Validate();
        return Task.Run(() => new EmbeddedBroker(options), cancellationToken);
    }

    /// <summary>Closes the connections and stores what makes the next start quick.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isRunning)
            await StopAsync(core => core.Close()).ConfigureAwait(false);
        _directoryLock?.Dispose();
    }

    private (IStorage Storage, DataDirectoryLock? Lock) OpenStorage(BrokerOptions options)
    {
        var storage = options.Storage
            ?? (options.DataDirectory is null ? new MemoryStorage(Faults.Disk) : new FileStorage(options.DataDirectory, Faults.Disk, options.OpenFileLimit is { } limit ? new FileBudget(limit) : null));
        _ = DataDirectory.Check(storage); // before the first file is made in a directory that may be somebody else's; again when it is locked
        return (storage, options.DataDirectory is null ? null : DataDirectoryLock.Take(options.DataDirectory));
    }

    private async Task StopAsync(Action<BrokerCore> close)
    {
        _isRunning = false;
        Faults.Disk.Resume();
        await _server.DisposeAsync().ConfigureAwait(false);
        await _loop.InvokeAsync(() =>
        {
            close(_core);
            return true;
        }).ConfigureAwait(false);
        _loop.Stop();
        _loop.Dispose();
    }

    private (BrokerServer, BrokerLoop, BrokerCore) Start(int port)
    {
        var server = new BrokerServer(_options with { Port = port }, _log);
        try
        {
            var timers = new Timers(_options.TimeProvider);
            var loop = new BrokerLoop(timers, _options.TimeProvider, _log, new LoopWatchdog(_options.Limits.LoopTime, _options.LoggerFactory.CreateLogger(LoopLogCategory)));
            var node = new NodeAddress(NodeId, _options.AdvertisedHost ?? _options.Address.ToString(), server.Port);
            var core = new BrokerCore(_options, _storage, timers, new PoolWorkers(loop), Random.Shared, node, Faults);
            loop.TurnEnded = core.EndTurn;
            server.Start(core, loop);
            loop.Post(new LoopAction(() => { })); // sets the wake-up of the timers that the start has scheduled
            return (server, loop, core);
        }
        catch
        {
            server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }
    }
}
