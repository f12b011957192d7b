namespace CrashStreams.Plan;

/// <summary>A topic that belongs to the application: its name lacks the application id, which only the running application knows.</summary>
/// <param name="Name">For example <c>by-user-repartition</c>.</param>
/// <param name="Partitions">A fixed number, or null: as many as the widest input of the sub-topology that writes it.</param>
internal sealed record RepartitionTopic(string Name, int? Partitions)
{
    /// <summary>A node whose inputs it is read together with, and has as many partitions as; null: those who write it say how many.</summary>
    public TopologyNode? AsWideAs { get; init; }

    /// <summary>Kafka Streams' settings: kept until processed, then purged by the application, never by time.</summary>
    public static IReadOnlyDictionary<string, string> Configs { get; } = new Dictionary<string, string>
    {
        ["cleanup.policy"] = "delete",
        ["retention.ms"] = "-1",
        ["segment.bytes"] = "52428800",
        ["message.timestamp.type"] = "CreateTime",
    };
}
