using CrashStreams.Engine;
using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Testing;
using CrashStreams.Tests.Time;

namespace CrashStreams.Tests.Shuffle;

/// <summary>Records that travel together through a repartition topic.</summary>
public sealed class PackedShuffleTests
{
    private const string Repartition = "app-by-key-repartition";
    private const int Records = 20;

    private readonly MemoryLog _log = new();
    private readonly List<long> _seen = [];

    [Theory]
    [InlineData(ShuffleFormat.Packed, 1)]
    [InlineData(ShuffleFormat.Plain, Records)]
    public void They_are_one_record_unless_they_are_to_be_plain(ShuffleFormat format, int records)
    {
        using var driver = Driver(format);
        Append(driver);
        driver.Settle();
        Written(driver).Should().HaveCount(records);
        _seen.Should().Equal(Enumerable.Range(1, Records).Select(static i => (long)i));
    }

    [Fact]
    public void Both_forms_are_read_from_one_topic()
    {
        using var driver = Driver(ShuffleFormat.Packed);
        Append(driver);
        driver.Settle();
        var pack = Written(driver).Single();
        driver.Log.Append(Repartition, 0, new LogRecord { Key = "k"u8, HasKey = true, Value = BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(77L)), HasValue = true, Timestamp = 100 });
        driver.Log.Append(Repartition, 0, new LogRecord { Value = pack.Value, HasValue = true, Timestamp = pack.Timestamp, Headers = pack.Headers });
        driver.Settle();
        _seen.Skip(Records).Should().Equal([77L, .. Enumerable.Range(1, Records).Select(static i => (long)i)]);
    }

    [Theory]
    [InlineData(FaultResponse.Fail)]
    [InlineData(FaultResponse.Skip)]
    public void A_pack_that_can_not_be_read_is_a_fault(FaultResponse response)
    {
        using var driver = Driver(ShuffleFormat.Packed, response);
        driver.Log.Append(Repartition, 0, new LogRecord { Value = "?"u8, HasValue = true, Timestamp = 1, Headers = PackRecord.Headers });
        var settle = driver.Settle;
        if (response == FaultResponse.Fail)
        {
            settle.Should().Throw<CrashStreamsException>().WithMessage("*bad-pack*");
            return;
        }

        settle();
        driver.Dropped.Should().ContainKey("bad-pack");
        driver.Log.Committed[new(Repartition, 0)].Offset.Should().Be(driver.Log.Partition(new(Repartition, 0)).Count);
    }

    // An operator takes 10 ms for each record: the turn's 50 ms are over in the middle of the pack, which is committed so far.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_turn_ends_in_the_middle_of_a_pack_and_nothing_is_done_twice_after_a_crash(bool hasTwoInputs)
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch.AddDays(20_000));
        var topology = Topology(() => time.Advance(TimeSpan.FromMilliseconds(10)), hasTwoInputs);
        _log.Create("in", 1);
        _log.Create("other", 1);
        for (var i = 1; i <= Records; i++)
            Append(i, time);
        using (var first = Begin(topology, time, "first"))
        {
            for (var turn = 0; turn < 200 && _seen.Count < 7; turn++)
                first.RunOnce();
            _seen.Should().HaveCountLessThan(Records);
            first.Commit();
        }

        var done = _seen.Count;
        if (!hasTwoInputs)
            CommittedPosition.Parse(_log.Committed[new(Repartition, 0)].Metadata).Entries.Should().Be(done);
        using var second = Begin(topology, time, "second");
        for (var turn = 0; turn < 500 && _seen.Count < Records; turn++)
            second.RunOnce();
        for (var turn = 0; turn < 10; turn++)
            second.RunOnce();
        _seen.Should().Equal(Enumerable.Range(1, Records).Select(static i => (long)i));
        second.Commit();
        CommittedPosition.Parse(_log.Committed[new(Repartition, 0)].Metadata).Entries.Should().Be(0);
    }

    [Fact]
    public void Without_the_number_of_entries_that_are_done_they_would_be_done_again()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch.AddDays(20_000));
        var topology = Topology(() => time.Advance(TimeSpan.FromMilliseconds(10)), hasTwoInputs: false);
        _log.Create("in", 1);
        for (var i = 1; i <= Records; i++)
            Append(i, time);
        using (var first = Begin(topology, time, "first"))
        {
            for (var turn = 0; turn < 200 && _seen.Count < 7; turn++)
                first.RunOnce();
            first.Commit();
        }

        var done = _seen.Count;
        var at = new TopicPartition(Repartition, 0);
        var (offset, metadata) = _log.Committed[at];
        var position = CommittedPosition.Parse(metadata);
        _log.Committed[at] = new(offset, CommittedPosition.Text(position.Time, position.Topics));
        using var second = Begin(topology, time, "second");
        for (var turn = 0; turn < 500 && _seen.Count < Records + done; turn++)
            second.RunOnce();
        _seen.Should().HaveCount(Records + done);
    }

    private static List<RawRecord> Written(TopologyTestDriver driver) => driver.Read(Repartition).Where(static r => r.Value is not null).ToList();

    private static void Append(TopologyTestDriver driver)
    {
        for (var i = 1; i <= Records; i++)
            driver.Append("in", "k"u8.ToArray(), Bytes(i), i);
    }

    private static byte[] Bytes(long value) => BitConverter.GetBytes(System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value));

    private void Append(long value, ManualTime time) =>
        _log.Append("in", 0, new LogRecord { Key = "k"u8, HasKey = true, Value = Bytes(value), HasValue = true, Timestamp = time.GetUtcNow().ToUnixTimeMilliseconds() + value });

    private Topology Topology(Action work, bool hasTwoInputs)
    {
        var builder = new StreamsBuilder();
        var shuffled = builder.Stream<string, long>("in").SelectKey(static (key, _) => key).Repartition(new() { Name = "by-key" });
        if (hasTwoInputs)
            shuffled = shuffled.Merge(builder.Stream<string, long>("other"));
        shuffled.Peek((_, value) =>
        {
            work();
            _seen.Add(value);
        });
        return builder.Build();
    }

    private TopologyTestDriver Driver(ShuffleFormat format, FaultResponse response = FaultResponse.Fail) => new(
        Topology(static () => { }, hasTwoInputs: false), new() { ApplicationId = "app", Delivery = { Shuffle = format }, Faults = { OnDeserialization = response } });

    private StreamThread Begin(Topology topology, ManualTime time, string name)
    {
        var clients = new MemoryLogClients(_log);
        var options = new StreamsOptions
        {
            ApplicationId = "app", PollWait = TimeSpan.FromMilliseconds(1), Delivery = { Guarantee = ProcessingGuarantee.ExactlyOnce, CommitInterval = TimeSpan.FromMinutes(1) }, Time = { MaxFuture = TimeSpan.FromDays(1) },
        };
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        var thread = new StreamThread($"app-{name}-0", topology, options, topics, clients, time, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        thread.Start();
        return thread;
    }
}
