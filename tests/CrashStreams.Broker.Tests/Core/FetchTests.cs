using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Tests.Core;

public class FetchTests
{
    private readonly CoreHost _host = new();
    private readonly Topic _topic;

    public FetchTests() => _topic = _host.CreateTopic("t", 3);

    [Fact]
    public void An_empty_fetch_waits_for_its_time_and_then_answers_nothing()
    {
        var fetch = Fetch(maxWaitMs: 500, (0, 0));

        _host.Advance(499);
        fetch.IsThere.Should().BeFalse();
        _host.Advance(1);

        Partitions(fetch.Now).Single().Records.Length.Should().Be(0);
    }

    [Fact]
    public void A_waiting_fetch_is_answered_as_soon_as_there_is_a_record()
    {
        var fetch = Fetch(maxWaitMs: 500, (0, 0));

        Produce(0, "v");

        Partitions(fetch.Now).Single().HighWatermark.Should().Be(1);
    }

    [Fact]
    public void A_waiting_fetch_learns_that_its_topic_was_deleted()
    {
        var fetch = Fetch(maxWaitMs: 500, (0, 0));

        _host.Core.Topics.Delete(_topic, _ => { });
        _host.Core.EndTurn();

        Partitions(fetch.Now).Single().ErrorCode.Should().Be(ErrorCode.UnknownTopicId);
    }

    [Fact]
    public void An_offset_beyond_the_end_is_out_of_range_and_the_end_itself_is_not()
    {
        Produce(0, "v");

        Partitions(Fetch(maxWaitMs: 0, (0, 2)).Now).Single().ErrorCode.Should().Be(ErrorCode.OffsetOutOfRange);
        Partitions(Fetch(maxWaitMs: 0, (0, 1)).Now).Single().ErrorCode.Should().Be(ErrorCode.None);
    }

    [Fact]
    public void The_first_batch_is_whole_even_above_every_limit()
    {
        Produce(0, new string('x', 5000));

        var request = Request(0, (0, 0));
        request.MaxBytes = 10;
        request.Topics[0].Partitions[0].PartitionMaxBytes = 10;

        Partitions(Send(request).Now).Single().Records.Length.Should().BeGreaterThan(5000);
    }

    [Fact]
    public void A_session_names_only_partitions_with_news()
    {
        var full = Request(0, (0, 0), (1, 0), (2, 0));
        full.SessionEpoch = 0;
        var session = Send(full).Now;
        session.SessionId.Should().NotBe(0);
        Partitions(session).Should().HaveCount(3);

        Produce(1, "v");
        var next = Send(new FetchRequest { SessionId = session.SessionId, SessionEpoch = 1, MinBytes = 1, MaxWaitMs = 500 }).Now;

        Partitions(next).Should().ContainSingle().Which.PartitionIndex.Should().Be(1);
    }

    [Fact]
    public void A_session_with_the_wrong_epoch_or_a_closed_one_is_refused()
    {
        var full = Request(0, (0, 0));
        full.SessionEpoch = 0;
        var id = Send(full).Now.SessionId;

        Send(new FetchRequest { SessionId = id, SessionEpoch = 7 }).Now.ErrorCode.Should().Be(ErrorCode.InvalidFetchSessionEpoch);
        Send(new FetchRequest { SessionId = id, SessionEpoch = -1 });
        Send(new FetchRequest { SessionId = id, SessionEpoch = 1 }).Now.ErrorCode.Should().Be(ErrorCode.FetchSessionIdNotFound);
    }

    [Fact]
    public void No_partition_starves_when_each_answer_has_room_for_one()
    {
        for (var partition = 0; partition < 3; partition++)
            Produce(partition, new string('x', 1000));
        var full = Request(0, (0, 0), (1, 0), (2, 0));
        (full.SessionEpoch, full.MaxBytes) = (0, 100);
        var first = Send(full).Now;
        var served = new List<int> { Served(first) };
        for (var epoch = 1; epoch <= 2; epoch++)
            served.Add(Served(Send(new FetchRequest { SessionId = first.SessionId, SessionEpoch = epoch, MaxBytes = 100, MinBytes = 1, MaxWaitMs = 500 }).Now));

        served.Should().BeEquivalentTo([0, 1, 2]);

        static int Served(FetchResponse response) => Partitions(response).Single(partition => partition.Records.Length > 0).PartitionIndex;
    }

    [Theory]
    [InlineData(-1, 1, 5)] // no session: 512 KiB hold five batches of 100 KB
    [InlineData(-1, 2, 20)] // who asks for more than something has a reason
    [InlineData(0, 1, 20)] // a session
    public void Answers_are_small_for_clients_that_read_ahead(int sessionEpoch, int minBytes, int batches)
    {
        const int Batch = 100_000;
        for (var i = 0; i < 20; i++)
            Produce(i % 2, new string('x', Batch));
        var request = Request(500, (0, 0), (1, 0));
        (request.SessionEpoch, request.MinBytes) = (sessionEpoch, minBytes);

        var answer = Send(request).Now;

        (Partitions(answer).Sum(partition => partition.Records.Length) / Batch).Should().Be(batches);
    }

    [Fact]
    public void A_full_answer_does_not_wait_for_more_bytes_than_it_has_room_for()
    {
        Produce(0, new string('x', 90_000));
        Produce(1, new string('x', 90_000));
        var request = Request(500, (0, 0), (1, 0));
        (request.MinBytes, request.MaxBytes) = (100_000, 150_000);

        Send(request).IsThere.Should().BeTrue();
    }

    [Fact]
    public void Clients_that_take_turns_without_a_session_are_not_served_the_same_partition_always()
    {
        for (var partition = 0; partition < 2; partition++)
            Produce(partition, new string('x', 1000));
        var servedToFirst = new HashSet<int>();
        for (var turn = 0; turn < 40; turn++)
        {
            var request = Request(0, (0, 0), (1, 0));
            request.MaxBytes = 100;
            var served = Partitions(Send(request).Now).Single(partition => partition.Records.Length > 0).PartitionIndex;
            if (turn % 2 == 0)
                servedToFirst.Add(served);
        }

        servedToFirst.Should().BeEquivalentTo([0, 1]);
    }

    private void Produce(int partition, params string[] values)
    {
        var response = _host.Send<ProduceRequest, ProduceResponse>(new ProduceRequest
        {
            Acks = -1,
            TopicData = [new() { TopicId = _topic.Id, PartitionData = [new() { Index = partition, Records = CoreHost.Batch(values) }] }],
        }).Now;
        response.Responses[0].PartitionResponses[0].ErrorCode.Should().Be(ErrorCode.None);
    }

    private Answer<FetchResponse> Fetch(int maxWaitMs, params (int Partition, long Offset)[] from) => Send(Request(maxWaitMs, from));

    private Answer<FetchResponse> Send(FetchRequest request) => _host.Send<FetchRequest, FetchResponse>(request);

    private FetchRequest Request(int maxWaitMs, params (int Partition, long Offset)[] from) => new()
    {
        MaxWaitMs = maxWaitMs,
        MinBytes = 1,
        MaxBytes = int.MaxValue,
        SessionEpoch = -1,
        Topics =
        [
            new()
            {
                TopicId = _topic.Id,
                Partitions = [.. from.Select(target => new FetchRequest.FetchPartition { Partition = target.Partition, FetchOffset = target.Offset, PartitionMaxBytes = 1 << 20 })],
            },
        ],
    };

    private static List<FetchResponse.PartitionData> Partitions(FetchResponse response) => [.. response.Responses.SelectMany(topic => topic.Partitions)];
}
