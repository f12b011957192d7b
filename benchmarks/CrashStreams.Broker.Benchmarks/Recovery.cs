using System.Diagnostics;
using System.Globalization;
using CrashStreams.Broker.Benchmarks.Load;
using CrashStreams.Broker.Benchmarks.Scale;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Benchmarks;

/// <summary>
/// The command line's broker is killed while its logs are large and their ends are not behind a checkpoint; from the start of the
/// next process to its first answer, which tells the end of a log.
/// </summary>
internal static class Recovery
{
    private const int RecordBytes = 165;
    private const int Partitions = 12;
    private const int RecordsBetween = 200_000;

    public static async Task RunAsync(int megabytes, int times)
    {
        var directory = Directory.CreateTempSubdirectory("broker-recovery").FullName;
        var (measured, cpu) = (new List<double>(), new List<double>());
        var (process, address, _) = await StartAsync(directory);
        await ClientLoad.CreateTopicAsync(address, "lines", Partitions);
        ClientLoad.Produce(address, "lines", megabytes * 1_000_000L / RecordBytes);
        for (var i = 0; i < times; i++)
        {
            ClientLoad.Produce(address, "lines", RecordsBetween);
            await BrokerProgram.KillAsync(process);
            (process, address, var ms) = await StartAsync(directory);
            measured.Add(ms);
            cpu.Add(process.TotalProcessorTime.TotalMilliseconds);
        }
        await BrokerProgram.KillAsync(process);
        var size = new DirectoryInfo(directory).GetFiles("*.log", SearchOption.AllDirectories).Sum(file => file.Length);
        Directory.Delete(directory, recursive: true);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"from kill -9 with {size / 1e6:0} MB of logs to the first answer, the start of the process included, {times} times:"));
        Console.WriteLine(Spread.Of(measured, "ms"));
        Console.WriteLine($"its processor time until then: {Spread.Of(cpu, "ms")}");
    }

    private static async Task<(Process Process, string Address, double Ms)> StartAsync(string directory)
    {
        var start = Stopwatch.GetTimestamp();
        var (process, address) = await BrokerProgram.StartAsync(directory);
        using var client = new WireClient();
        await client.ConnectAsync(address);
        var answer = await client.SendAsync<ListOffsetsRequest, ListOffsetsResponse>(new ListOffsetsRequest
        {
            ReplicaId = -1,
            Topics = [new() { Name = "lines", Partitions = [new() { PartitionIndex = 0, Timestamp = -1 }] }],
        });
        var ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (answer.Topics[0].Partitions[0].ErrorCode is not (ErrorCode.None or ErrorCode.UnknownTopicOrPartition))
            throw new IOException($"The broker answered {answer.Topics[0].Partitions[0].ErrorCode}.");
        return (process, address, ms);
    }
}
