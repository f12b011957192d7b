using System.Buffers.Binary;
using System.Text;

namespace CrashStreams.Broker.Groups.Classic;

/// <summary>
/// The part of a consumer's subscription bytes (ConsumerProtocolSubscription) that the coordinator looks at:
/// <code>int16 version | int32 count, then each topic: int16 length + UTF-8 | …</code>
/// </summary>
internal static class ConsumerSubscription
{
    public const string ProtocolType = "consumer";

    private const int MostTopics = 100_000;

    /// <summary>The topics subscribed to; none when the bytes are not what they should be, because clients may put anything there.</summary>
    public static IReadOnlyList<string> Topics(ReadOnlySpan<byte> subscription)
    {
        if (subscription.Length < 6)
            return [];
        var count = BinaryPrimitives.ReadInt32BigEndian(subscription[2..]);
        if (count > MostTopics)
            return [];
        subscription = subscription[6..];
        var topics = new List<string>();
        for (var i = 0; i < count; i++)
        {
            if (subscription.Length < 2 || BinaryPrimitives.ReadInt16BigEndian(subscription) is var length && (length < 0 || subscription.Length < 2 + length))
                return [];
            topics.Add(Encoding.UTF8.GetString(subscription.Slice(2, length)));
            subscription = subscription[(2 + length)..];
        }
        return topics;
    }
}
