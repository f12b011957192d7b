using CrashStreams.Kafka.Fetching;
using CrashStreams.Log;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Kafka.Tests.Fetching;

/// <summary>Sessions of fetches as KIP-227 has them.</summary>
public sealed class FetchSessionTests
{
    private const short ByName = 12, ById = 15;
    private static readonly Guid _id = Guid.NewGuid();
    private readonly FetchSession _session = new();

    [Theory]
    [InlineData(ByName)]
    [InlineData(ById)]
    public void Only_what_has_changed_is_named(short version)
    {
        var wanted = new List<WantedFetch> { Wanted(0, 10), Wanted(1, 20), Wanted(2, 30) };
        Named(_session.Request(wanted, version, 100)).Should().Equal((0, 10), (1, 20), (2, 30));
        _session.Answered(new() { SessionId = 7 }).Should().BeTrue();

        wanted[1] = Wanted(1, 25);
        wanted.RemoveAt(2);
        var second = _session.Request(wanted, version, 100);

        (second.SessionId, second.SessionEpoch).Should().Be((7, 1));
        Named(second).Should().Equal((1, 25));
        second.ForgottenTopicsData.Should().ContainSingle().Which.Partitions.Should().Equal(2);
        _session.Answered(new() { SessionId = 7 });
        var third = _session.Request(wanted, version, 100);
        (third.SessionEpoch, third.Topics.Count, third.ForgottenTopicsData.Count).Should().Be((2, 0, 0));
    }

    [Fact]
    public void A_session_that_the_broker_has_forgotten_begins_anew()
    {
        var wanted = new List<WantedFetch> { Wanted(0, 10), Wanted(1, 20) };
        _session.Request(wanted, ById, 100);
        _session.Answered(new() { SessionId = 7 });

        _session.Answered(new() { ErrorCode = ErrorCode.FetchSessionIdNotFound }).Should().BeFalse();

        var next = _session.Request(wanted, ById, 100);
        (next.SessionId, next.SessionEpoch).Should().Be((0, 0));
        Named(next).Should().Equal((0, 10), (1, 20));
    }

    [Fact]
    public void A_broker_without_sessions_is_told_everything_each_time()
    {
        var wanted = new List<WantedFetch> { Wanted(0, 10), Wanted(1, 20) };
        for (var i = 0; i < 3; i++)
        {
            var request = _session.Request(wanted, ByName, 100);
            (request.SessionId, request.SessionEpoch, Named(request).Count).Should().Be((0, 0, 2));
            _session.Answered(new() { SessionId = 0 }).Should().BeTrue();
        }
    }

    [Fact]
    public void An_answer_for_what_was_not_asked_is_nobodys()
    {
        _session.Request([Wanted(0, 10), Wanted(1, 20)], ById, 100);
        _session.Answered(new() { SessionId = 7 });
        _session.Request([Wanted(0, 10)], ById, 100);

        _session.TryFind(_id, "", 0, out var wanted).Should().BeTrue();
        wanted.Offset.Should().Be(10);
        _session.TryFind(_id, "", 1, out _).Should().BeFalse();
        _session.TryFind(Guid.NewGuid(), "", 0, out _).Should().BeFalse();
    }

    private static List<(int Partition, long Offset)> Named(FetchRequest request) =>
        [.. request.Topics.SelectMany(static topic => topic.Partitions).Select(static p => (p.Partition, p.FetchOffset))];

    private static WantedFetch Wanted(int partition, long offset)
    {
        var table = new PartitionTable();
        var named = new TopicPartition("topic", partition);
        return new(new(named, 0, table.Of(named)), offset, 0, 3, _id);
    }
}
