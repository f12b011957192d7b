using System.Diagnostics;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks;

/// <summary>The broker's own program, on disk, whose clients have to authenticate. What it has to say of those who attack it goes to the standard error.</summary>
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
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process.Kill(); // also when this one is told to end
    }

    public Target Target { get; }

    /// <summary>The most memory that the process had in use at a time.</summary>
    public double MostMegabytes => Volatile.Read(ref _mostBytes) / (1024.0 * 1024);

    public bool HasEnded => _process.HasExited;

    /// <summary>What it has used, of all cores together.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? TimeSpan.Zero : _process.TotalProcessorTime;
        }
    }

    /// <param name="program">The broker's program; null for the one beside this program, which the runtime loads.</param>
    public static async Task<VictimProcess> StartAsync(string? program = null)
    {
        var data = Directory.CreateTempSubdirectory("broker-attacks");
        string[] arguments = ["--port", "0", "--data", data.FullName, "--user", $"{Target.User}:{Password}"];
        var start = program is null ? new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "crashstreams-broker.dll"), .. arguments]) : new ProcessStartInfo(program, arguments);
        start.RedirectStandardOutput = true;
        var process = Process.Start(start)!;
        // "Kafka broker ready: 127.0.0.1:9092"
        var ready = await process.StandardOutput.ReadLineAsync() ?? throw new IOException("The broker's process ended before it was ready.");
        var victim = new VictimProcess(process, int.Parse(ready[(ready.LastIndexOf(':') + 1)..]), data);
        await CreateTopicsAsync(victim.Target);
        return victim;
    }

    public void Dispose()
    {
        _sampling.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _data.Delete(recursive: true);
    }

    private static async Task CreateTopicsAsync(Target target)
    {
        using var client = await AttackClient.ConnectAsync(target);
        await client.AskAsync<CreateTopicsRequest, CreateTopicsResponse>(new()
        {
            TimeoutMs = 60_000,
            Topics =
            [
                new() { Name = Bystanders.Topic, NumPartitions = 1, ReplicationFactor = 1 },
                new() { Name = Target.Narrow, NumPartitions = 1, ReplicationFactor = 1 },
                new() { Name = Target.Wide, NumPartitions = target.WidePartitions, ReplicationFactor = 1 },
            ],
        });
        using var builder = new RecordBatchBuilder();
        for (var i = 0; i < 1000; i++)
            builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RecordField.Null, new byte[100]);
        await client.AskAsync<ProduceRequest, ProduceResponse>(new()
        {
            Acks = -1,
            TimeoutMs = 10_000,
            TopicData = [new() { Name = Target.Narrow, PartitionData = [new() { Records = new RecordsField(builder.Build().ToArray()) }] }],
        }, version: 9);
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
