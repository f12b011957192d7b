namespace CrashStreams.Kafka;

/// <summary>The topic that holds the groups' offsets, open transactions' offsets among them; the leader of a group's partition is its coordinator.</summary>
internal static class GroupOffsetsTopic
{
    public const string Name = "__consumer_offsets";

    /// <summary>The partition that holds a group: Java's hash of its name.</summary>
    public static int PartitionOf(string group, int partitions)
    {
        var hash = 0;
        foreach (var c in group)
            hash = unchecked((31 * hash) + c);
        return (hash == int.MinValue ? 0 : Math.Abs(hash)) % partitions;
    }
}
