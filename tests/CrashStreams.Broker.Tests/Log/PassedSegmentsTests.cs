using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>Segments that the log start has passed are deleted a few at a time, and nobody sees them meanwhile.</summary>
public class PassedSegmentsTests
{
    private const int Segments = 300;

    private readonly MemoryStorage _storage = new();
    private readonly List<LogDamage> _losses = [];

    [Fact]
    public void Many_segments_are_deleted_a_few_at_a_time()
    {
        var log = Fill();

        log.DeleteRecordsBefore(Segments - 1).Should().Be(ErrorCode.None);

        log.SegmentCount.Should().Be(1);
        Files().Should().BeGreaterThan(Segments / 2, "one request is not to wait for the deletion of so many files");
        Consume(log).Should().Equal($"{Segments - 1}:k={Segments - 1}");
        while (log.DeletePassed())
        {
        }
        Files().Should().Be(1);
    }

    [Fact]
    public void A_crash_in_between_leaves_the_rest_to_the_next_start()
    {
        Fill().DeleteRecordsBefore(Segments - 1);
        _losses.Clear(); // the new log's directory was empty
        _storage.KillProcess();

        var log = Open();

        log.LogStartOffset.Should().Be(Segments - 1);
        Files().Should().Be(1);
        Consume(log).Should().Equal($"{Segments - 1}:k={Segments - 1}");
        _losses.Should().BeEmpty("nothing is lost that was to be deleted");
    }

    private PartitionLog Fill()
    {
        var log = Open();
        for (var i = 0; i < Segments; i++)
        {
            log.Roll();
            log.Append(Of($"k={i}"), AtNow);
        }
        return log;
    }

    private int Files() => _storage.Files("t").Count(file => file.EndsWith(LogSegment.LogSuffix, StringComparison.Ordinal));

    private PartitionLog Open() => PartitionLog.Open(_storage, "t", LogConfig.Default, _losses.Add);
}
