using CrashStreams.Processing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace CrashStreams.Redis;

/// <summary>
/// Keeps hashes of a Redis up to date: each partition's entries are in hashes of its own, together with the position in the input up to which they are written. Connect it by
/// <see cref="RedisSinkExtensions.ToRedis"/>. One sink serves all threads of an application.
/// </summary>
public sealed class RedisSink
{
    private volatile string? _blocked; // stream threads write it, whoever shows the application's state reads it

    /// <summary>Describes a sink.</summary>
    /// <param name="name">Names the node, the store and its changelog, and begins the names of all keys in Redis.</param>
    /// <param name="redis">The connection. Let it fail at once while Redis is away (<see cref="BacklogPolicy.FailFast"/>): commands that wait would keep a stream thread from its work.</param>
    public RedisSink(string name, IConnectionMultiplexer redis)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(redis);
        (Name, Connection) = (name, redis);
    }

    /// <summary>Names the node, the store and its changelog, and begins the names of all keys in Redis.</summary>
    public string Name { get; }

    /// <summary>Told of a Redis that does not take entries; nobody by default.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Why entries wait: what the last attempt failed with; null while Redis takes them.</summary>
    public string? Blocked => _blocked;

    internal IConnectionMultiplexer Connection { get; }

    internal void Report(string? fault)
    {
        if (fault is not null && _blocked is null)
            Logger.LogWarning("Sink '{Name}': entries wait, Redis did not take them: {Fault}", Name, fault);
        else if (fault is null && _blocked is not null)
            Logger.LogInformation("Sink '{Name}': Redis takes entries again.", Name);
        _blocked = fault;
    }
}

/// <summary>Streams that end in a Redis.</summary>
public static class RedisSinkExtensions
{
    /// <summary>
    /// Writes the entries that a stream carries to hashes of a Redis. The stream's task must have one input: positions are counted there. Under exactly-once the hashes hold what the entries
    /// before some position make of them, whatever happens to instances; under at-least-once, what a crash made the stream carry twice.
    /// </summary>
    /// <param name="stream">The stream.</param>
    /// <param name="builder">The topology's builder: the sink keeps a copy of the hashes in a store of its own.</param>
    /// <param name="sink">Where to.</param>
    public static void ToRedis<TKey>(this KStream<TKey, RedisEntry> stream, StreamsBuilder builder, RedisSink sink)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(sink);
        builder.AddKeyValueStore(sink.Name, Serdes.Tuple(Serdes.String, Serdes.String), Serdes.String);
        stream.ProcessValues(() => new RedisSinkProcessor<TKey>(sink), [sink.Name], sink.Name);
    }
}
