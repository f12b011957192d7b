using CrashStreams.Engine;

namespace CrashStreams.Tests.Runtime;

/// <summary>What is written into the metadata of committed offsets, and what is read from metadata of others.</summary>
public sealed class CommittedPositionTests
{
    /// <summary>time, then 8 bytes for the input's topic id, 4 + 4 for each changelog's name and id, 4 for the input's partitions, then the word.</summary>
    [Fact]
    public void The_layout_is_fixed()
    {
        var topics = CommittedPosition.TopicsText("in-id", 12, [("app-counts-changelog", "changelog-id")]);
        Convert.ToHexStringLower(Convert.FromBase64String(topics)).Should().Be(Expected);
        CommittedPosition.Text("AwAA", topics).Should().Be($"AwAA.{topics}");
        CommittedPosition.RebuildText(topics).Should().Be($".{topics}.rebuild");
    }

    private const string Expected = "1d93198e29434ec22aafc28232632c5b0000000c";

    [Fact]
    public void What_was_written_is_read()
    {
        var topics = CommittedPosition.TopicsText("in-id", 12, [("a", "1"), ("b", "2")]);
        var position = CommittedPosition.Parse(CommittedPosition.Text("time", topics));
        position.Should().Be(new CommittedPosition("time", topics, IsRebuild: false, IsOwn: true));
        position.IsOfOtherInput("in-id").Should().BeFalse();
        position.IsOfOtherInput("another").Should().BeTrue();
        position.IsOfOtherInput(null).Should().BeFalse("a broker without ids tells nothing");
        position.IsOfOtherChangelog("b", "2").Should().BeFalse();
        position.IsOfOtherChangelog("b", "3").Should().BeTrue();
        position.IsOfOtherChangelog("added since", "4").Should().BeFalse();
        CommittedPosition.Parse(CommittedPosition.Text("time", topics, 12)).Should().Be(position with { Entries = 12 });
        CommittedPosition.Parse(CommittedPosition.RebuildText(topics)).Should().Be(new CommittedPosition("", topics, IsRebuild: true, IsOwn: true));
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("AwAA.", 0)]
    // An earlier version of this library: without the number of partitions.
    [InlineData("AwAA.HZMZjilDTsIqr8KCMmMsWw==", 0)]
    [InlineData("AwAA.HZMZjilDTsIqr8KCMmMsWwAAAAw=", 12)]
    public void It_tells_how_many_partitions_there_were(string metadata, int partitions) => CommittedPosition.Parse(metadata).Partitions.Should().Be(partitions);

    [Theory]
    [InlineData("", false)]
    [InlineData("some text", false)]
    [InlineData("a.b.c", false)]
    [InlineData("a.b.-1", false)]
    [InlineData("a.b.12", true)]
    // Kafka Streams: version 1 or 2 and the partition's time.
    [InlineData("AgAAAZrNf0gA", true)]
    [InlineData("AQAAAZrNf0gA", true)]
    // Earlier versions of this library: the time alone.
    [InlineData("AwABAAAAAAAAAAE=", true)]
    public void Own_metadata_is_told_from_that_of_others(string metadata, bool isOwn) => CommittedPosition.Parse(metadata).IsOwn.Should().Be(isOwn);

    [Fact]
    public void It_fits_into_what_a_default_Kafka_takes_however_many_changelogs_there_are()
    {
        var longest = CommittedTimeText();
        var topics = CommittedPosition.TopicsText("id", 12, [.. Enumerable.Range(0, 200).Select(i => ($"changelog-{i}", (string?)$"{i}"))]);
        CommittedPosition.Text(longest, topics).Length.Should().BeLessThanOrEqualTo(4096);
    }

    private static string CommittedTimeText() => CrashStreams.Time.CommittedTime.Encode(new long[1000]);
}
