using CrashStreams.Testing.Simulation;

namespace CrashStreams.Tests.Topologies;

/// <summary>What writes to topics that are compared.</summary>
internal interface ISink
{
    /// <summary>Topics that it writes, with their numbers of partitions.</summary>
    IReadOnlyDictionary<string, int> ResultTopics { get; }

    /// <summary>What of the rows can be compared.</summary>
    Traits Traits { get; }

    /// <summary>A row of a topic.</summary>
    Row Read(SimulatedEntry entry);
}

/// <summary>A row of a result topic, whoever wrote it.</summary>
internal readonly record struct Row(string? Key, string? Value, long TimeMs, bool IsCorrection = false)
{
    public override string ToString() => $"{Key ?? "-"} = {Value ?? "-"} @{TimeMs}{(IsCorrection ? " corrected" : "")}";
}
