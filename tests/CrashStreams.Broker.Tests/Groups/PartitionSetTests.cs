using CrashStreams.Broker.Groups.Consumer;

namespace CrashStreams.Broker.Tests.Groups;

public class PartitionSetTests
{
    /// <summary>Whatever is in them, they are what sets of the library would be.</summary>
    [Fact]
    public void Sets_of_partitions_are_sets()
    {
        for (var seed = 0; seed < 2_000; seed++)
        {
            var random = new Random(seed);
            var (one, other) = (Some(random), Some(random));
            var (mine, theirs) = (PartitionSet.Of(one), PartitionSet.Of(other));

            mine.Should().Equal(one.Distinct().Order(), $"seed {seed}");
            mine.Union(theirs).Should().Equal(one.Union(other).Order(), $"seed {seed}");
            mine.Intersect(theirs).Should().Equal(one.Intersect(other).Order(), $"seed {seed}");
            mine.Except(theirs).Should().Equal(one.Except(other).Order(), $"seed {seed}");
            mine.Overlaps(other.ToHashSet()).Should().Be(one.Intersect(other).Any(), $"seed {seed}");
            mine.SetEquals(theirs).Should().Be(one.ToHashSet().SetEquals(other), $"seed {seed}");
            other.Where(partition => mine.Contains(partition)).Should().Equal(other.Where(one.Contains), $"seed {seed}");
            mine.ByTopic().SelectMany(topic => topic.Indexes.Select(index => new TopicIdPartition(topic.TopicId, index))).Should().Equal(mine, $"seed {seed}");
        }
    }

    [Fact]
    public void What_does_not_change_is_not_copied()
    {
        PartitionSet some = [Partition(1, 0), Partition(2, 1)];

        some.Union([]).Should().BeSameAs(some);
        some.Except([]).Should().BeSameAs(some);
        some.Intersect(some).Should().BeSameAs(some);
        some.Where(_ => true).Should().BeSameAs(some);
        some.Except(some).Should().BeSameAs(PartitionSet.Empty);
    }

    private static List<TopicIdPartition> Some(Random random) => [.. Enumerable.Range(0, random.Next(8)).Select(_ => Partition(random.Next(1, 4), random.Next(4)))];

    private static TopicIdPartition Partition(int topic, int index) => new(new Guid(topic, 0, 0, new byte[8]), index);
}
