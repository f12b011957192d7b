using System.Buffers;

namespace CrashStreams.Broker.Topics;

/// <summary>Kafka's rules for names of topics.</summary>
internal static class TopicName
{
    public const int MaxLength = 249;

    private static readonly SearchValues<char> Legal = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength } and not ("." or "..") && !name.AsSpan().ContainsAnyExcept(Legal);

    public static string Rule => $"A topic name has 1 to {MaxLength} of the characters a-z, A-Z, 0-9, '.', '_' and '-', and is neither '.' nor '..'.";
}
