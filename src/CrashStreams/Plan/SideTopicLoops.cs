namespace CrashStreams.Plan;

/// <summary>
/// Late records and dead letters must not come back as input: each would be refused again and written again, without end. Nor may they get between the records of the application's own
/// topics, whose formats are not theirs.
/// </summary>
internal static class SideTopicLoops
{
    /// <exception cref="TopologyException">A side topic is read or owned by the application; the message lists every fault.</exception>
    public static void Check(Topology topology, StreamsOptions options)
    {
        var faults = new List<string>();
        Check($"{nameof(StreamsOptions.Faults)}.{nameof(FaultOptions.DeadLetterTopic)}", options.Faults.DeadLetterTopic, topology, options, faults);
        Check($"{nameof(StreamsOptions.Time)}.{nameof(TimeOptions.LateTopic)}", options.Time.LateTopic, topology, options, faults);
        faults.AddRange(OwnTopics(topology, options).Where(t => TopicName.FaultOf(t) is not null)
            .Select(t => $"{nameof(StreamsOptions.ApplicationId)} '{options.ApplicationId}': the application's topic '{t}' would be none ({TopicName.FaultOf(t)}). Choose shorter names."));
        if (faults.Count > 0)
            throw new TopologyException(string.Join(' ', faults));
    }

    private static void Check(string setting, string? topic, Topology topology, StreamsOptions options, List<string> faults)
    {
        if (topic is null)
            return;
        if (TopicName.FaultOf(topic) is { } fault)
            faults.Add($"{setting}: {fault}.");
        else if (topology.SourceTopics.Contains(topic))
            faults.Add($"{setting} is '{topic}', which the topology reads: what is written there would come back and be refused again, without end. Choose a topic of its own.");
        else if (OwnTopics(topology, options).Contains(topic))
            faults.Add($"{setting} is '{topic}', one of the application's own topics, which hold nothing but its own records. Choose a topic of its own.");
    }

    private static HashSet<string> OwnTopics(Topology topology, StreamsOptions options) =>
    [
        .. topology.RepartitionTopics.Keys.Select(t => $"{options.ApplicationId}-{t}"),
        .. topology.SubTopologies.SelectMany(static s => s.Nodes).SelectMany(n => n.StoresFor(options.Time.Clock)).Select(s => $"{options.ApplicationId}-{s.Name}-changelog"),
        $"{options.ApplicationId}-instances",
    ];
}
