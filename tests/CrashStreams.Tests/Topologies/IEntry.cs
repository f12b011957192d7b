namespace CrashStreams.Tests.Topologies;

/// <summary>An operator through which other applications' records enter a topology.</summary>
internal interface IEntry
{
    IReadOnlyDictionary<string, int> SourceTopics { get; }

    /// <summary>Whether records are in the partition of their key.</summary>
    bool IsKeyed { get; }

    /// <summary>A record's event time; negative when it has none.</summary>
    long TimeOf(SourceEntry entry);

    string Name { get; }

    /// <summary>Whether a record is parsed at all.</summary>
    bool Reads(SourceEntry entry);

    /// <summary>Whether a record goes on; all of them move the clock.</summary>
    bool Takes(SourceEntry entry);

    /// <summary>A record that goes on arrives.</summary>
    void Enter(Ideal run, int partition, Item item);
}
