using CrashStreams.Broker.Topics;

namespace CrashStreams.Broker.Apis;

/// <summary>
/// The bytes that an answer may still take. An element that no longer fits is answered with an error instead, or left out where the API has no place for one; nothing of
/// it is built before. Sizes are estimates from above.
/// </summary>
internal sealed class AnswerBudget(int bytes)
{
    /// <summary>What the fixed fields of an element take in any API.</summary>
    private const int ElementBytes = 64;

    /// <summary>A partition of Metadata and its relatives: numbers, and three lists of one broker each.</summary>
    private const int PartitionBytes = 48;

    private long _left = bytes;

    /// <summary>Takes room for an element with so many bytes of text, ids and the like. False: it doesn't fit, and nothing is taken.</summary>
    public bool TryTake(long content = 0)
    {
        if (ElementBytes + content > _left)
            return false;
        _left -= ElementBytes + content;
        return true;
    }

    public bool TryTake(Topic topic) => TryTake(Size(topic.Name) + (long)PartitionBytes * topic.Partitions.Count);

    /// <summary>The most bytes that a text takes in UTF-8, and its length.</summary>
    public static int Size(string? text) => 3 * (text?.Length ?? 0) + 3;
}
