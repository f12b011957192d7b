using StackExchange.Redis;

namespace CrashStreams.Redis;

/// <summary>The names of a sink's keys. What is in braces chooses the node of a cluster: all keys of a partition are on one, so that they change together.</summary>
internal static class RedisKeys
{
    public static RedisKey Position(string sink, int partition) => $"{{{sink}:{partition}}}:position";

    public static RedisKey Hash(string sink, int partition, string hash) => $"{{{sink}:{partition}}}:hash:{hash}";

    /// <summary>The channel on which an instance is told that its events are there.</summary>
    public static string Replies(string instance) => $"cs-replies:{instance}";
}
