using System.Diagnostics;
using CrashStreams.Broker.Attacks.Wire;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Attacks;

/// <summary>A broker in a process of its own, on disk, whose clients have to authenticate.</summary>
internal sealed class VictimProcess : IDisposable
{
    private const string Password = "bystander";
    private readonly Process _process;
    private readonly DirectoryInfo _data;
    private readonly Timer _sampling;
    private long _mostBytes;

    private VictimProcess(Process process, int port, DirectoryInfo data)
    {
        (_process, _data) = (process, data);
        Target = new Target(port, Password);
        _sampling = new Timer(_ => Sample(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
    }

    public Target Target { get; }

    /// <summary>The most memory that the process had in use at a time.</summary>
    public double MostMegabytes => Volatile.Read(ref _mostBytes) / (1024.0 * 1024);

    public bool HasEnded => _process.HasExited;

    public static async Task<VictimProcess> StartAsync()
    {
        var data = Directory.CreateTempSubdirectory("broker-attacks");
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["serve", data.FullName]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var process = Process.Start(start)!;
        var port = await process.StandardOutput.ReadLineAsync() ?? throw new IOException("The broker's process ended before it was ready.");
        return new VictimProcess(process, int.Parse(port), data);
    }

    /// <summary>The other side: serves until its input ends.</summary>
    public static async Task ServeAsync(string directory)
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions
        {
            DataDirectory = directory,
            Users = new Dictionary<string, string> { [Target.User] = Password },
            LoggerFactory = new StandardError(),
        });
        await broker.CreateTopicAsync(Bystanders.Topic);
        await broker.CreateTopicAsync(Target.Narrow);
        await broker.CreateTopicAsync(Target.Wide, 2_000);
        await broker.AppendAsync(Target.Narrow, 0, [.. Enumerable.Range(0, 1000).Select(_ => ((byte[]?)null, (byte[]?)new byte[100]))]);
        Console.WriteLine(broker.Port);
        await Console.In.ReadLineAsync();
    }

    public void Dispose()
    {
        _sampling.Dispose();
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(20)))
            _process.Kill();
        _process.Dispose();
        _data.Delete(recursive: true);
    }

    private void Sample()
    {
        try
        {
            _process.Refresh();
            if (!_process.HasExited)
                _mostBytes = Math.Max(_mostBytes, _process.WorkingSet64);
        }
        catch (InvalidOperationException)
        {
            // It ended in between.
        }
    }
}

/// <summary>What the broker has to say of those who attack it, where it doesn't get into the table.</summary>
internal sealed class StandardError : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            Console.Error.WriteLine($"  {logLevel}: {formatter(state, exception)} {exception}");
    }

    public void Dispose()
    {
    }
}
