using System.Buffers;

namespace CrashStreams.Broker.Topics;

/// <summary>Kafka's rules for names of topics.</summary>
internal static class TopicName
{
    public const int MaxLength = 249;

    private static readonly SearchValues<char> Legal = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength } and not ("." or "..") && !name.AsSpan().ContainsAnyExcept(Legal);

    /// <summary>Topics in which Apache Kafka keeps its own state. Here that is in journals, and a topic of such a name would only look as if it were that.</summary>
    public static bool IsReserved(string name) => name is "__consumer_offsets" or "__transaction_state" or "__share_group_state" or "__cluster_metadata";

    public const string ReservedRule = "Topics of this name are Apache Kafka's own, and can't be created.";

    public static string Rule => $"A topic name has 1 to {MaxLength} of the characters a-z, A-Z, 0-9, '.', '_' and '-', and is neither '.' nor '..'.";
}
