using System.Buffers.Binary;
using System.Diagnostics;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Attacks;

/// <summary>
/// A producer of 1,000 records a second and a consumer of what it writes: what others notice of an attack is how long their records are on the way, from when they were due to
/// when they are read.
/// </summary>
internal sealed class Bystanders(Target target)
{
    public const string Topic = "bystanders";
    private const int RecordsPerInterval = 10;
    private const int MostPerBatch = 1000;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);
    private readonly List<double> _latenciesMs = [];

    private static long Ticks => (long)(s_interval.TotalSeconds * Stopwatch.Frequency);

    public int Records { get; private set; }

    public int Failures { get; private set; }

    /// <summary>99 of 100 records took at most so long.</summary>
    public double P99Ms => _latenciesMs.Count == 0 ? double.PositiveInfinity : _latenciesMs.Order().ElementAt((int)(_latenciesMs.Count * 0.99));

    public double MaxMs => _latenciesMs.Count == 0 ? double.PositiveInfinity : _latenciesMs.Max();

    public async Task RunAsync(CancellationToken stop) => await Task.WhenAll(UntilStoppedAsync(ProduceAsync, stop), UntilStoppedAsync(ConsumeAsync, stop));

    private async Task UntilStoppedAsync(Func<CancellationToken, Task> work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await work(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
            {
                Failures++;
            }
        }
    }

    private async Task ProduceAsync(CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        using var timer = new PeriodicTimer(s_interval);
        using var builder = new RecordBatchBuilder();
        var value = new byte[100];
        var due = Stopwatch.GetTimestamp();
        while (true)
        {
            if (due + Ticks > Stopwatch.GetTimestamp())
                await timer.WaitForNextTickAsync(stop);
            builder.Reset();
            // A late broker does not make the next records due later; as with any producer, those that have become due meanwhile leave together.
            for (var records = 0; records == 0 || (due + Ticks <= Stopwatch.GetTimestamp() && records < MostPerBatch); )
            {
                due += Ticks;
                BinaryPrimitives.WriteInt64BigEndian(value, Math.Min(due, Stopwatch.GetTimestamp())); // ticks come a little early, too
                for (var i = 0; i < RecordsPerInterval; i++, records++)
                    builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), RecordField.Null, value);
            }
            var answer = await client.AskAsync<ProduceRequest, ProduceResponse>(new()
            {
                Acks = -1,
                TimeoutMs = 10_000,
                TopicData = [new() { Name = Topic, PartitionData = [new() { Index = 0, Records = new RecordsField(builder.Build().ToArray()) }] }],
            }, version: 9, stop);
            if (answer.Responses[0].PartitionResponses[0].ErrorCode != ErrorCode.None)
                Failures++;
        }
    }

    private async Task ConsumeAsync(CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        var listed = await client.AskAsync<ListOffsetsRequest, ListOffsetsResponse>(new() { Topics = [new() { Name = Topic, Partitions = [new() { Timestamp = -1 }] }] }, stop: stop);
        var offset = listed.Topics[0].Partitions[0].Offset;
        while (true)
        {
            var answer = await client.AskAsync<FetchRequest, FetchResponse>(new()
            {
                MaxWaitMs = 500,
                MinBytes = 1,
                Topics = [new() { Topic = Topic, Partitions = [new() { FetchOffset = offset, PartitionMaxBytes = 1024 * 1024 }] }],
            }, version: 11, stop);
            var partition = answer.Responses.Count == 0 ? null : answer.Responses[0].Partitions[0];
            if (partition is null || partition.Records.Length == 0)
                continue;
            offset = Count(partition.Records.ToArray(), offset);
        }
    }

    private long Count(ReadOnlySpan<byte> records, long offset)
    {
        var now = Stopwatch.GetTimestamp();
        while (RecordBatchView.TryRead(records, out var batch) == BatchRead.Whole)
        {
            offset = batch.NextOffset;
            foreach (var record in batch.Records)
            {
                _latenciesMs.Add(Stopwatch.GetElapsedTime(BinaryPrimitives.ReadInt64BigEndian(record.Value), now).TotalMilliseconds);
                Records++;
            }
            records = records[(int)batch.SizeInBytes..];
        }
        return offset;
    }
}
