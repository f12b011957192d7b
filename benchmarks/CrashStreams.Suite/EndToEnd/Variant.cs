namespace CrashStreams.Suite.EndToEnd;

/// <summary>One way to drain the topic.</summary>
internal sealed record Variant(string Name)
{
    public Engine Engine { get; init; } = Engine.Ours;

    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.AtLeastOnce;

    public bool IsOnDisk { get; init; } = true;

    public int Threads { get; init; } = 1;

    public int Processes { get; init; } = 1;

    /// <summary>Whether the library fetches, or librdkafka.</summary>
    public bool FetchesItself { get; init; } = true;

    public ShuffleFormat Shuffle { get; init; } = ShuffleFormat.Packed;

    /// <summary>The yardstick: reads and counts, and does nothing else.</summary>
    public static Variant Bare { get; } = new("bare librdkafka batch consume") { Engine = Engine.None, FetchesItself = false };

    public static IReadOnlyList<Variant> All { get; } =
    [
        Bare,
        new("bare own consume") { Engine = Engine.None },
        new("at-least-once, RocksDB"),
        new("at-least-once, RocksDB, librdkafka fetches") { FetchesItself = false },
        new("at-least-once, RocksDB, plain shuffle") { Shuffle = ShuffleFormat.Plain },
        new("exactly-once, RocksDB") { Guarantee = ProcessingGuarantee.ExactlyOnce },
        new("at-least-once, memory") { IsOnDisk = false },
        new("exactly-once, memory") { Guarantee = ProcessingGuarantee.ExactlyOnce, IsOnDisk = false },
        new("at-least-once, RocksDB, 2 threads") { Threads = 2 },
        new("at-least-once, RocksDB, 4 threads") { Threads = 4 },
        new("at-least-once, RocksDB, 2 processes") { Processes = 2 },
        new("exactly-once, RocksDB, 2 processes") { Guarantee = ProcessingGuarantee.ExactlyOnce, Processes = 2 },
        new("Streamiz, at-least-once, memory") { Engine = Engine.Streamiz },
    ];

    public IReadOnlyList<string> Arguments(string bootstrap, string topic, long records, string application) => Engine switch
    {
        Engine.None => ["drain", bootstrap, topic, .. Fetching],
        Engine.Streamiz => ["streamiz", bootstrap, topic, $"{records}", application],
        _ => ["monitor", bootstrap, topic, $"{records}", $"{Threads}", $"{Guarantee}", application, IsOnDisk ? "rocksdb" : "memory", $"{Shuffle}".ToLowerInvariant(), .. Fetching],
    };

    private string[] Fetching => FetchesItself ? [] : ["librdkafka"];
}

/// <summary>What processes the records.</summary>
internal enum Engine
{
    None,
    Ours,
    Streamiz,
}
