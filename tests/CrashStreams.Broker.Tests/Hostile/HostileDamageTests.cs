using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Text;
using Confluent.Kafka;
using CrashStreams.Broker.Tests.Clients;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Damaged and missing files: a start says what it lost, where and how much, in the log, as a metric and to whoever asks.</summary>
public sealed class HostileDamageTests : IDisposable
{
    private const int Records = 50;

    private readonly TemporaryDirectory _temporary = new();
    private readonly LogLines _log = new();

    private string Partition => Directory.GetDirectories(Path.Combine(_temporary.Path, "logs"), "*-0").Single();

    private string Segment => Directory.GetFiles(Partition, "*.log").Order(StringComparer.Ordinal).Last();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_flipped_bit_behind_the_last_checkpoint_cuts_the_log_and_is_reported()
    {
        await Store(crash: true);
        DeleteCheckpoints();
        var position = FlipBit(Segment);

        var loss = await Loss();

        loss.Log.Should().Be("t-0");
        loss.File.Should().EndWith(".log");
        loss.Position.Should().BeInRange(position - 200, position);
        loss.FromOffset.Should().BeInRange(1, Records - 1);
        loss.Records.Should().Be(Records - loss.FromOffset);
        loss.Bytes.Should().BePositive();
        _log.At(LogLevel.Warning).Should().ContainSingle().Which.Should().Contain("t-0").And.Contain($"from offset {loss.FromOffset}").And.Contain($"{loss.Records} records").And.Contain($"{loss.Bytes} bytes");
    }

    [Fact]
    public async Task A_flipped_bit_in_a_log_that_was_closed_cleanly_is_reported_too()
    {
        await Store(crash: false);
        FlipBit(Segment);
        var loss = await Loss();
        loss.Log.Should().Be("t-0");
        loss.Records.Should().Be(1);
    }

    [Fact]
    public async Task A_flipped_bit_in_a_closed_segment_is_reported()
    {
        await Store(crash: false, configs: new() { ["segment.bytes"] = "1024" });
        FlipBit(Directory.GetFiles(Partition, "*.log").Order(StringComparer.Ordinal).First());
        (await Loss()).Records.Should().BePositive();
    }

    [Fact]
    public async Task A_log_that_was_cut_at_the_border_of_a_batch_is_reported()
    {
        await Store(crash: false);
        using (var file = File.Open(Segment, FileMode.Open))
            file.SetLength(file.Length / Records * (Records - 1));
        var loss = await Loss();
        loss.FromOffset.Should().Be(Records - 1);
        loss.Records.Should().Be(1);
    }

    [Fact]
    public async Task Segments_that_are_missing_are_reported()
    {
        await Store(crash: false, configs: new() { ["segment.bytes"] = "1024" });
        var segments = Directory.GetFiles(Partition, "*.log").Order(StringComparer.Ordinal).ToList();
        File.Delete(segments[0]);
        File.Delete(segments[2]);

        await using var broker = await Start();
        await broker.WaitUntilAsync(async started => (await started.StorageLossesAsync()).Count == 2);
        var losses = await broker.StorageLossesAsync();
        losses.Select(loss => loss.FromOffset).Should().Equal(0, OffsetOf(segments[2]));
        losses.Sum(loss => loss.Records).Should().Be(OffsetOf(segments[1]) + OffsetOf(segments[3]) - OffsetOf(segments[2]));

        static long OffsetOf(string segment) => long.Parse(Path.GetFileNameWithoutExtension(segment));
    }

    [Fact]
    public async Task A_log_without_any_segment_is_reported()
    {
        await Store(crash: false);
        File.Delete(Segment);
        var loss = await Loss();
        loss.Problem.Should().Contain("no segment file");
        loss.Records.Should().Be(Records);
    }

    [Fact]
    public async Task Every_loss_is_counted()
    {
        await Store(crash: true);
        DeleteCheckpoints();
        FlipBit(Segment);
        var counted = new List<(string Instrument, long Value, object? Log)>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, it) =>
        {
            if (instrument.Meter.Name == "CrashStreams.Broker")
                it.EnableMeasurementEvents(instrument);
        } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            lock (counted)
                counted.Add((instrument.Name, value, tags.Length == 0 ? null : tags[0].Value));
        });
        listener.Start();

        var loss = await Loss();

        lock (counted)
        {
            counted.Should().Contain(("crashstreams.broker.storage.losses", 1, "t-0"));
            counted.Should().Contain(("crashstreams.broker.storage.lost_bytes", loss.Bytes, "t-0"));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_flipped_bit_in_the_groups_journal_costs_one_batch_and_is_reported(bool crash)
    {
        await Commit(crash);
        FlipBit(Path.Combine(_temporary.Path, "journals/groups/00000000000000000000.log"));

        await using var broker = await Start();

        var loss = (await broker.StorageLossesAsync()).Should().ContainSingle().Subject;
        loss.Log.Should().Be("groups");
        loss.Records.Should().BePositive();
        loss.Problem.Should().Contain("were kept");
        var offsets = new List<long>();
        for (var i = 0; i < 20; i++)
            offsets.AddRange((await broker.CommittedOffsetsAsync($"g{i}")).Values);
        offsets.Should().HaveCountGreaterThanOrEqualTo(19, "what lies behind the damage is as good as what lies before it");
        offsets[^1].Should().Be(19);
    }

    [Fact]
    public async Task A_journal_that_lost_a_batch_is_whole_afterwards()
    {
        await Commit(crash: false);
        FlipBit(Path.Combine(_temporary.Path, "journals/groups/00000000000000000000.log"));
        await using (await Start())
        {
        }
        await using var again = await Start();
        (await again.StorageLossesAsync()).Should().BeEmpty();
        (await again.CommittedOffsetsAsync("g19")).Values.Should().Equal(19);
    }

    [Fact]
    public async Task A_flipped_bit_in_the_transactions_journal_is_reported()
    {
        await using (var broker = await Start())
        {
            await broker.CreateTopicAsync("t");
            using var producer = Client.Producer(broker, config => config.TransactionalId = "id");
            producer.InitTransactions(Client.Patience);
            for (var i = 0; i < 5; i++)
            {
                producer.BeginTransaction();
                producer.Produce("t", new Message<string, string> { Key = "k", Value = "v" });
                producer.CommitTransaction(Client.Patience);
            }
        }
        FlipBit(Path.Combine(_temporary.Path, "journals/transactions/00000000000000000000.log"));
        (await Loss()).Log.Should().Be("transactions");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sound_data_is_not_reported(bool crash)
    {
        await Store(crash, new() { ["segment.bytes"] = "1024" });
        await using (var broker = await Start())
        {
            using var admin = Client.Admin(broker);
            await admin.DeleteRecordsAsync([new TopicPartitionOffset("t", 0, Records / 2)]);
            await broker.CrashAsync();
        }
        await using var again = await Start();
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        (await again.StorageLossesAsync()).Should().BeEmpty();
        _log.At(LogLevel.Warning).Should().BeEmpty();
    }

    private Task<EmbeddedBroker> Start() => EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = _temporary.Path, LoggerFactory = _log });

    private async Task Store(bool crash, Dictionary<string, string>? configs = null)
    {
        await using var broker = await Start();
        await broker.CreateTopicAsync("t", configs: configs);
        for (var i = 0; i < Records; i++)
            await broker.AppendAsync("t", 0, (null, Encoding.UTF8.GetBytes($"value {i:D6}")));
        if (crash)
            await broker.CrashAsync();
    }

    private async Task Commit(bool crash)
    {
        await using var broker = await Start();
        await broker.CreateTopicAsync("t");
        for (var i = 0; i < 20; i++)
        {
            using var consumer = Client.Consumer(broker, $"g{i}");
            consumer.Commit([new TopicPartitionOffset("t", 0, i)]);
        }
        if (crash)
            await broker.CrashAsync();
    }

    /// <summary>The one loss that a start finds, at once or in the background.</summary>
    private async Task<StorageLoss> Loss()
    {
        await using var broker = await Start();
        await broker.WaitUntilAsync(async started => (await started.StorageLossesAsync()).Count > 0);
        return (await broker.StorageLossesAsync()).Should().ContainSingle().Subject;
    }

    private void DeleteCheckpoints()
    {
        File.Delete(Path.Combine(Partition, "checkpoint"));
        File.Delete(Path.Combine(Partition, "checkpoint.flushed"));
    }

    /// <summary>The last byte of the batch in the middle.</summary>
    private static long FlipBit(string path)
    {
        using var file = File.Open(path, FileMode.Open);
        var ends = new List<long>();
        Span<byte> start = stackalloc byte[12]; // offset, length
        for (var end = 0L; end < file.Length; ends.Add(end))
        {
            file.Position = end;
            file.ReadExactly(start);
            end += start.Length + BinaryPrimitives.ReadInt32BigEndian(start[8..]);
        }
        var position = ends[ends.Count / 2] - 1;
        file.Position = position;
        var value = file.ReadByte();
        file.Position = position;
        file.WriteByte((byte)(value ^ 0x10));
        return position;
    }
}
