using CrashStreams.Redis;
using StackExchange.Redis;

namespace CrashStreams.Samples.Tests.Flyers;

/// <summary>What is written to a real Redis, by whom and when.</summary>
public sealed class RedisScriptTests : IDisposable
{
    private const string Sink = "sink";
    private readonly RedisServer _server = RedisServer.Start();
    private readonly ConnectionMultiplexer _redis;

    public RedisScriptTests() => _redis = ConnectionMultiplexer.Connect($"{_server.Address},abortConnect=false");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_is_behind_changes_nothing_whether_it_writes_some_entries_or_all(bool replacesAll)
    {
        Write(offset: 10, known: -2, "new").Should().BeTrue();
        Write(offset: 5, known: 4, "old", replacesAll).Should().BeTrue();
        Value().Should().Be("new");
    }

    [Fact]
    public void What_is_lost_is_told_and_nothing_is_written_until_all_is()
    {
        Write(offset: 10, known: 9, "some").Should().BeFalse("there is nothing, and up to 9 all should be there");
        Value().Should().BeNull();
        Write(offset: 10, known: 9, "all", replacesAll: true).Should().BeTrue();
        Value().Should().Be("all");
    }

    [Fact]
    public void Positions_of_another_generation_mean_nothing()
    {
        Write(offset: 10, known: -2, "before the reset").Should().BeTrue();
        Write(offset: 0, known: -2, "after", generation: "other").Should().BeTrue();
        Value().Should().Be("after");
    }

    [Fact]
    public void An_entry_without_a_value_is_removed()
    {
        Write(offset: 1, known: -2, "here").Should().BeTrue();
        Write(offset: 2, known: 1, null).Should().BeTrue();
        Value().Should().BeNull();
    }

    public void Dispose()
    {
        _redis.Dispose();
        _server.Dispose();
    }

    private bool Write(long offset, long known, string? value, bool replacesAll = false, string generation = "g") =>
        RedisScript.RunAsync(_redis.GetDatabase(), Sink, 0, new(generation, offset), known, replacesAll, [new("hash", "field", value)], []).GetAwaiter().GetResult();

    private string? Value() => _redis.GetDatabase().HashGet(RedisKeys.Hash(Sink, 0, "hash"), "field");
}
