using CrashStreams.Engine;
using CrashStreams.Log;

namespace CrashStreams.Tests.Runtime;

/// <summary>Which open transactions are reported as stuck.</summary>
public class TransactionAgesTests
{
    private static readonly TimeSpan _span = TimeSpan.FromMinutes(1);
    private static readonly DateTimeOffset _now = new(2026, 1, 31, 8, 0, 0, TimeSpan.Zero);

    private readonly TransactionAges _ages = new();

    [Fact]
    public void A_transaction_that_is_seen_for_the_first_time_is_not_old() =>
        _ages.OpenFor(_span, [Open(startOffset: 7)], _now).Should().BeEmpty();

    [Fact]
    public void One_that_is_still_open_after_the_span_is_old_since_it_was_first_seen()
    {
        _ages.OpenFor(_span, [Open(startOffset: 7)], _now).Should().BeEmpty();
        _ages.OpenFor(_span, [Open(startOffset: 7)], _now + (_span / 2)).Should().BeEmpty();

        _ages.OpenFor(_span, [Open(startOffset: 7)], _now + _span).Should().ContainSingle().Which.Since.Should().Be(_now);
    }

    [Fact]
    public void The_next_transaction_of_a_producer_is_another_one()
    {
        _ages.OpenFor(_span, [Open(startOffset: 7)], _now);

        _ages.OpenFor(_span, [Open(startOffset: 9)], _now + _span).Should().BeEmpty();
    }

    private static OpenTransaction Open(long startOffset) => new(new("clicks", 0), ProducerId: 1, ProducerEpoch: 0, startOffset);
}
