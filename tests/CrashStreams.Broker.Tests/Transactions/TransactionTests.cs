using CrashStreams.Broker.Coordination;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Broker.Transactions;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Tests.Transactions;

public class TransactionTests
{
    private const int MinuteMs = 60_000;
    private static readonly TopicPartition s_a0 = new("a", 0);
    private static readonly TopicPartition s_a1 = new("a", 1);
    private readonly CoordinatorHost _host = new();

    private TransactionCoordinator Coordinator => _host.Transactions;

    [Fact]
    public void An_idempotent_producer_gets_a_new_id_each_time_also_after_a_restart()
    {
        var ids = new List<long>();
        for (var run = 0; run < 3; run++)
        {
            for (var i = 0; i < 5; i++)
                ids.Add(Coordinator.InitProducerId(null, 0, ProducerIdentity.None).Producer.Id);
            _host.Restart();
        }
        ids.Should().OnlyHaveUniqueItems().And.BeInAscendingOrder();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData((15 * MinuteMs) + 1)]
    public void A_timeout_outside_the_limits_is_refused(int timeoutMs) =>
        Coordinator.InitProducerId("t", timeoutMs, ProducerIdentity.None).Error.Should().Be(ErrorCode.InvalidTransactionTimeout);

    [Fact]
    public void A_second_producer_of_the_same_id_fences_the_first_and_aborts_its_transaction()
    {
        var first = Init();
        Coordinator.Add("t", first, [s_a0]).Should().Be(ErrorCode.None);

        var second = Init();

        second.Id.Should().Be(first.Id);
        second.Epoch.Should().BeGreaterThan(first.Epoch);
        _host.Markers.Should().ContainSingle().Which.Should().Match<CoordinatorHost.Marker>(marker => !marker.IsCommit && marker.Producer.Epoch > first.Epoch);
        Coordinator.Add("t", first, [s_a1]).Should().Be(ErrorCode.ProducerFenced);
        Coordinator.End("t", first, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.ProducerFenced);
        Coordinator.End("t", first, commit: true, bumpsEpoch: false).Error.Should().Be(ErrorCode.ProducerFenced);
        Coordinator.CheckProduce("t", first, s_a0, adds: true).Should().Be(ErrorCode.InvalidProducerEpoch);
    }

    [Fact]
    public void The_first_protocol_keeps_the_epoch()
    {
        var producer = Init();
        Coordinator.Add("t", producer, [s_a0, s_a1]);

        Coordinator.End("t", producer, commit: true, bumpsEpoch: false).Should().Be((ProducerResult)producer);

        _host.Markers.Should().Equal(new CoordinatorHost.Marker(s_a0, producer, true), new CoordinatorHost.Marker(s_a1, producer, true));
        State().Should().Be(TransactionState.CompleteCommit);
        Coordinator.End("t", producer, commit: true, bumpsEpoch: false).Error.Should().Be(ErrorCode.None, "it is a retry");
        Coordinator.End("t", producer, commit: false, bumpsEpoch: false).Error.Should().Be(ErrorCode.InvalidTxnState);
    }

    [Fact]
    public void A_late_write_after_the_end_opens_no_transaction_under_either_protocol()
    {
        var producer = Init();
        Coordinator.Add("t", producer, [s_a0]);
        Coordinator.End("t", producer, commit: true, bumpsEpoch: false);
        Coordinator.CheckProduce("t", producer, s_a0, adds: false).Should().Be(ErrorCode.InvalidTxnState);

        Coordinator.CheckProduce("t", producer, s_a0, adds: true).Should().Be(ErrorCode.None);
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true);
        Coordinator.CheckProduce("t", producer, s_a0, adds: true).Should().Be(ErrorCode.InvalidProducerEpoch);
        State().Should().Be(TransactionState.CompleteCommit);
    }

    [Fact]
    public void A_write_to_a_partition_that_was_not_added_is_refused()
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: false).Should().Be(ErrorCode.InvalidTxnState);
        Coordinator.Add("t", producer, [s_a0]);
        Coordinator.CheckProduce("t", producer, s_a0, adds: false).Should().Be(ErrorCode.None);
        Coordinator.CheckProduce("t", producer, s_a1, adds: false).Should().Be(ErrorCode.InvalidTxnState);
        Coordinator.CheckProduce(null, producer, s_a0, adds: false).Should().Be(ErrorCode.InvalidTxnState);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_second_protocol_bumps_the_epoch_with_each_end_and_the_marker_carries_it(bool commit)
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);

        var next = Coordinator.End("t", producer, commit, bumpsEpoch: true).Producer;

        next.Should().Be(producer with { Epoch = 1 });
        _host.Markers.Should().Equal(new CoordinatorHost.Marker(s_a0, next, commit));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_retried_end_answers_the_same_again_but_never_the_opposite(bool commit)
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        var next = Coordinator.End("t", producer, commit, bumpsEpoch: true);
        _host.Restart();

        Coordinator.End("t", producer, commit, bumpsEpoch: true).Should().Be(next);
        Coordinator.End("t", producer, !commit, bumpsEpoch: true).Error.Should().Be(ErrorCode.InvalidTxnState);
        _host.Markers.Should().ContainSingle();
    }

    [Fact]
    public void A_retried_end_is_not_recognised_any_more_when_the_next_transaction_runs()
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        var next = Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer;
        Coordinator.CheckProduce("t", next, s_a0, adds: true);
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.ProducerFenced);
        State().Should().Be(TransactionState.Ongoing);
    }

    [Fact]
    public void Aborting_nothing_bumps_and_committing_nothing_is_refused()
    {
        var producer = Init();
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.InvalidTxnState);
        var next = Coordinator.End("t", producer, commit: false, bumpsEpoch: true).Producer;
        next.Epoch.Should().Be(1);
        Coordinator.End("t", producer, commit: false, bumpsEpoch: true).Producer.Should().Be(next, "it is a retry");
        Coordinator.End("t", next, commit: false, bumpsEpoch: true).Producer.Epoch.Should().Be(2);
        _host.Markers.Should().BeEmpty();
    }

    [Fact]
    public void A_commit_that_overtakes_the_first_write_of_its_transaction_is_to_be_retried()
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        var next = Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer;
        Coordinator.End("t", next, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.ConcurrentTransactions);
        Coordinator.CheckProduce("t", next, s_a0, adds: true).Should().Be(ErrorCode.None);
        next = Coordinator.End("t", next, commit: true, bumpsEpoch: true).Producer;
        _host.Timers.Advance(100);
        Coordinator.End("t", next, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.InvalidTxnState);
    }

    [Fact]
    public void Both_protocols_can_follow_each_other()
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        producer = Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer;
        Coordinator.Add("t", producer, [s_a1]).Should().Be(ErrorCode.None);
        Coordinator.End("t", producer, commit: false, bumpsEpoch: false).Producer.Should().Be(producer);
        Coordinator.CheckProduce("t", producer, s_a0, adds: true).Should().Be(ErrorCode.None);
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer.Epoch.Should().Be(2);
    }

    [Fact]
    public void An_exhausted_epoch_moves_on_to_a_new_producer_id()
    {
        var producer = Init();
        for (var i = 0; i < ProducerIdentity.LastEpoch; i++)
            producer = Coordinator.End("t", producer, commit: false, bumpsEpoch: true).Producer;
        producer.Epoch.Should().Be(32766);
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);

        var next = Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer;

        next.Epoch.Should().Be(0);
        next.Id.Should().NotBe(producer.Id);
        _host.Markers.Should().ContainSingle().Which.Producer.Should().Be(producer with { Epoch = short.MaxValue });
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer.Should().Be(next, "it is a retry over the change of ids");
        Coordinator.CheckProduce("t", producer, s_a0, adds: true).Should().Be(ErrorCode.InvalidProducerEpoch);
        Coordinator.CheckProduce("t", next, s_a0, adds: true).Should().Be(ErrorCode.None);
    }

    [Fact]
    public void An_exhausted_epoch_that_is_fenced_moves_on_too()
    {
        var producer = Init();
        for (var i = 0; i < ProducerIdentity.LastEpoch; i++)
            producer = Coordinator.End("t", producer, commit: false, bumpsEpoch: true).Producer;
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        var next = Init();
        next.Id.Should().NotBe(producer.Id);
        next.Epoch.Should().Be(0);
    }

    [Fact]
    public void A_transaction_that_is_open_for_too_long_is_aborted_and_its_producer_fenced()
    {
        var producer = Init(timeoutMs: 10_000);
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        _host.Timers.Advance(9_999);
        State().Should().Be(TransactionState.Ongoing);
        _host.Timers.Advance(1);

        State().Should().Be(TransactionState.CompleteAbort);
        _host.Markers.Should().Equal(new CoordinatorHost.Marker(s_a0, producer with { Epoch = 1 }, false));
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.ProducerFenced);
        Coordinator.End("t", producer, commit: false, bumpsEpoch: true).Error.Should().Be(ErrorCode.ProducerFenced);
        Init().Epoch.Should().Be(2);
    }

    [Fact]
    public void Each_transaction_has_its_own_timeout_also_after_a_restart()
    {
        var producer = Init(timeoutMs: 10_000);
        for (var i = 0; i < 5; i++)
        {
            Coordinator.CheckProduce("t", producer, s_a0, adds: true).Should().Be(ErrorCode.None);
            _host.Timers.Advance(6_000);
            producer = Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer;
        }
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        _host.Timers.Advance(6_000);
        _host.Restart();
        _host.Timers.Advance(3_999);
        State().Should().Be(TransactionState.Ongoing);
        _host.Timers.Advance(1);
        State().Should().Be(TransactionState.CompleteAbort);
    }

    [Fact]
    public void A_bump_asked_for_with_the_identity_so_far_fences_others_and_is_recognised_when_retried()
    {
        var producer = Init();
        var bumped = Coordinator.InitProducerId("t", MinuteMs, producer).Producer;
        bumped.Epoch.Should().Be(1);
        Coordinator.InitProducerId("t", MinuteMs, producer).Producer.Should().Be(bumped, "it is a retry");
        Coordinator.InitProducerId("t", MinuteMs, bumped).Producer.Epoch.Should().Be(2);
        Coordinator.InitProducerId("t", MinuteMs, producer).Error.Should().Be(ErrorCode.ProducerFenced);
        Coordinator.InitProducerId("t", MinuteMs, new ProducerIdentity(producer.Id, -1)).Error.Should().Be(ErrorCode.InvalidRequest);
    }

    [Fact]
    public void A_bump_in_the_middle_of_a_transaction_aborts_it()
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        var bumped = Coordinator.InitProducerId("t", MinuteMs, producer);
        bumped.Error.Should().Be(ErrorCode.None);
        _host.Markers.Should().ContainSingle().Which.IsCommit.Should().BeFalse();
        Coordinator.CheckProduce("t", bumped.Producer, s_a0, adds: true).Should().Be(ErrorCode.None);
    }

    [Fact]
    public void Unknown_and_foreign_ids_are_refused()
    {
        var producer = Init();
        Coordinator.Add("nobody", producer, [s_a0]).Should().Be(ErrorCode.InvalidProducerIdMapping);
        Coordinator.Add("t", producer with { Id = producer.Id + 1 }, [s_a0]).Should().Be(ErrorCode.InvalidProducerIdMapping);
        Coordinator.Add("t", producer with { Epoch = 1 }, [s_a0]).Should().Be(ErrorCode.ProducerFenced);
        Coordinator.Add("", producer, [s_a0]).Should().Be(ErrorCode.InvalidRequest);
        Coordinator.InitProducerId("", MinuteMs, ProducerIdentity.None).Error.Should().Be(ErrorCode.InvalidRequest);
    }

    [Fact]
    public void While_markers_cannot_be_written_the_result_stands_and_the_next_transaction_waits()
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        _host.AreLogsFull = true;

        var next = Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer;

        State().Should().Be(TransactionState.PrepareCommit);
        Coordinator.CheckProduce("t", next, s_a0, adds: true).Should().Be(ErrorCode.ConcurrentTransactions);
        Coordinator.InitProducerId("t", MinuteMs, ProducerIdentity.None).Error.Should().Be(ErrorCode.ConcurrentTransactions);
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer.Should().Be(next);
        _host.AreLogsFull = false;
        _host.Timers.Advance(100);
        State().Should().Be(TransactionState.CompleteCommit);
        _host.Markers.Should().Equal(new CoordinatorHost.Marker(s_a0, next, true));
    }

    [Fact]
    public void A_deleted_partition_needs_no_marker()
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        _host.DeletedTopics.Add("a");
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.None);
        State().Should().Be(TransactionState.CompleteCommit);
    }

    [Fact]
    public void What_cannot_be_stored_does_not_happen()
    {
        var producer = Init();
        _host.TransactionJournal.IsFull = true;
        Coordinator.CheckProduce("t", producer, s_a0, adds: true).Should().Be(ErrorCode.CoordinatorNotAvailable);
        State().Should().Be(TransactionState.Empty);
        _host.TransactionJournal.IsFull = false;
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        _host.TransactionJournal.IsFull = true;
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Error.Should().Be(ErrorCode.CoordinatorNotAvailable);
        _host.Markers.Should().BeEmpty();
        _host.TransactionJournal.IsFull = false;
        Coordinator.End("t", producer, commit: true, bumpsEpoch: true).Producer.Epoch.Should().Be(1);
    }

    [Fact]
    public void A_transaction_that_hangs_in_a_log_without_a_coordinator_is_aborted_at_start()
    {
        var producer = Init();
        Coordinator.CheckProduce("t", producer, s_a0, adds: true);
        _host.OpenInLogs[s_a0] = producer;
        _host.OpenInLogs[s_a1] = new ProducerIdentity(77, 3);

        _host.Restart();

        _host.Markers.Should().Equal(new CoordinatorHost.Marker(s_a1, new ProducerIdentity(77, 3), false));
        State().Should().Be(TransactionState.Ongoing);
    }

    [Fact]
    public void An_idle_transactional_id_is_forgotten_after_seven_days()
    {
        Init();
        _host.Timers.Advance(TimeSpan.FromDays(6).Milliseconds());
        Coordinator.Find("t").Should().NotBeNull();
        _host.Timers.Advance(TimeSpan.FromDays(2).Milliseconds());
        Coordinator.Find("t").Should().BeNull();
        _host.Restart();
        Coordinator.Find("t").Should().BeNull();
    }

    [Theory]
    [InlineData(TransactionState.Empty, TransactionState.PrepareCommit)]
    [InlineData(TransactionState.Ongoing, TransactionState.CompleteCommit)]
    [InlineData(TransactionState.PrepareCommit, TransactionState.CompleteAbort)]
    [InlineData(TransactionState.PrepareAbort, TransactionState.Ongoing)]
    [InlineData(TransactionState.Dead, TransactionState.Ongoing)]
    internal void An_illegal_move_names_both_states(TransactionState from, TransactionState to) =>
        ((Action)(() => from.To(to))).Should().Throw<InvalidOperationException>().WithMessage($"*{from}*{to}*");

    private ProducerIdentity Init(int timeoutMs = MinuteMs)
    {
        var result = Coordinator.InitProducerId("t", timeoutMs, ProducerIdentity.None);
        result.Error.Should().Be(ErrorCode.None);
        return result.Producer;
    }

    private TransactionState State() => Coordinator.Find("t")!.State;
}

internal static class TimeSpanUnits
{
    public static long Milliseconds(this TimeSpan span) => (long)span.TotalMilliseconds;
}
