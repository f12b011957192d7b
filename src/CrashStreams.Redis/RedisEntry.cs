namespace CrashStreams.Redis;

/// <summary>What a field of a hash is to hold.</summary>
/// <param name="Hash">The hash. Empty: nothing is written; a reply that the record asks for is sent all the same.</param>
/// <param name="Field">The field.</param>
/// <param name="Value">Its value; null removes the field.</param>
public readonly record struct RedisEntry(string Hash, string Field, string? Value)
{
    /// <summary>Nothing is to be written.</summary>
    public static RedisEntry None { get; } = new("", "", null);
}
