using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka.Tests;

/// <summary>Every error that the client or a broker can answer with is passing, fenced or final.</summary>
public sealed class ErrorTableTests
{
    public ErrorTableTests() => LibrdkafkaLoader.EnsureLoaded();

    [Fact]
    public void Every_error_has_one_kind()
    {
        var codes = Enum.GetValues<ErrorCode>().Where(static c => c != ErrorCode.NoError).ToList();
        codes.Should().OnlyContain(c => ErrorTable.Knows(c));
        // Those that Confluent's client knows, which come from the same librdkafka.
        var theirs = Enum.GetValues<Confluent.Kafka.ErrorCode>().Where(static c => c != Confluent.Kafka.ErrorCode.NoError).Select(static c => (ErrorCode)(int)c).ToList();
        theirs.Should().HaveCountGreaterThan(140).And.OnlyContain(c => ErrorTable.Knows(c));
        ErrorTable.Knows((ErrorCode)9_999).Should().BeFalse();
    }

    /// <summary>Kafka's Java clients retry these: the subclasses of its RetriableException.</summary>
    [Fact]
    public void What_Kafkas_own_clients_retry_is_passing()
    {
        int[] retriable = [2, 3, 5, 6, 7, 8, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 60, 70, 71, 72, 74, 75, 77, 78, 80, 83, 88, 89, 100, 103];
        retriable.Where(static code => ErrorTable.KindOf((ErrorCode)code) != ErrorKind.Passing).Should().BeEmpty();
    }

    [Theory]
    [InlineData(-195), InlineData(-193), InlineData(-192), InlineData(-187), InlineData(-185), InlineData(-180), InlineData(-181), InlineData(-169), InlineData(-166)]
    [InlineData(-167), InlineData(-164), InlineData(-163), InlineData(-158), InlineData(-153), InlineData(58), InlineData(30), InlineData(31), InlineData(53)]
    public void Timeouts_and_failures_to_connect_are_passing_in_every_call(int code)
    {
        var error = KafkaError.Exception((ErrorCode)code, "Asking for the committed offsets of app-0");

        (error.IsRetriable, error.IsFenced, error.IsFatal).Should().Be((true, false, false), error.Message);
        error.Message.Should().StartWith("Asking for the committed offsets of app-0 failed: ").And.Contain($"({code})");
    }

    [Theory]
    [InlineData(22), InlineData(25), InlineData(27), InlineData(45), InlineData(47), InlineData(48), InlineData(49), InlineData(59), InlineData(90), InlineData(110), InlineData(113)]
    [InlineData(120), InlineData(-144), InlineData(-142), InlineData(-147)]
    public void A_client_that_was_left_behind_is_fenced(int code) => KafkaError.Exception((ErrorCode)code, "Committing").IsFenced.Should().BeTrue();

    /// <summary>Under load the reports of the records that go with a transaction may come before the one that it failed for.</summary>
    [Theory]
    [InlineData(45, true, false)]
    [InlineData(14, false, true)]
    [InlineData(29, false, false)]
    public void Records_that_are_dropped_with_a_transaction_ask_for_what_its_failure_asks_for(int cause, bool isFenced, bool isRetriable)
    {
        var error = KafkaProducer.NotWritten("", ErrorCode.LocalPurgedFromQueue, KafkaError.Exception((ErrorCode)cause, "The transaction"), isFatal: false, []);

        (error.IsFenced, error.IsRetriable, error.IsFatal).Should().Be((isFenced, isRetriable, false));
    }

    [Theory]
    [InlineData(10), InlineData(29), InlineData(32), InlineData(35), InlineData(82), InlineData(87), InlineData(9_999)]
    public void What_waiting_does_not_mend_is_final(int code)
    {
        var error = KafkaError.Exception((ErrorCode)code, "Sending");
        (error.IsRetriable, error.IsFenced).Should().Be((false, false));
    }

    /// <summary>A predecessor that was killed holds the instance id until its session ends: the client is of no use any more, a new one is.</summary>
    [Fact]
    public void A_client_that_can_not_go_on_may_still_be_replaced()
    {
        var error = KafkaError.Exception(ErrorCode.UnreleasedInstanceId, "Client a", fatal: true);
        (error.IsFatal, error.IsRetriable).Should().Be((true, true));
    }
}
