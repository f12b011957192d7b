using CrashStreams.Redis;

namespace CrashStreams.Samples.Tests.Flyers;

public sealed class ReadPositionsTests
{
    private readonly ReadPositions _positions = new("results", 1);

    [Fact]
    public void A_read_that_began_before_a_newer_one_was_answered_has_lost_nothing()
    {
        var first = _positions.Newest(0);
        _positions.Note(0, _positions.Newest(0), new("a", 105));

        _positions.Invoking(p => p.Note(0, first, new("a", 100))).Should().NotThrow();
        _positions.Newest(0).Should().Be(new RedisPosition("a", 105), "what was read never goes back");
    }

    [Fact]
    public void A_read_that_finds_less_than_was_read_before_it_began_is_refused()
    {
        _positions.Note(0, null, new("a", 105));

        _positions.Invoking(p => p.Note(0, p.Newest(0), new("a", 104))).Should().Throw<RedisIncompleteException>().WithMessage("Partition 0 of 'results' has lost*");
    }

    [Fact]
    public void Another_generation_begins_again_unless_somebody_has_read_meanwhile()
    {
        _positions.Note(0, null, new("a", 105));
        var before = _positions.Newest(0);

        _positions.Note(0, before, new("b", 3));
        _positions.Newest(0).Should().Be(new RedisPosition("b", 3));
        _positions.Note(0, before, new("a", 106));
        _positions.Newest(0).Should().Be(new RedisPosition("b", 3));
    }
}
