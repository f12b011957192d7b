namespace CrashStreams;

/// <summary>What happens to records that can't be processed, by where the fault lies.</summary>
public sealed record FaultOptions
{
    /// <summary>Bytes that are no value; fail by default.</summary>
    public FaultResponse OnDeserialization { get; set; }

    /// <summary>An operator that throws; fail by default.</summary>
    public FaultResponse OnProcessing { get; set; }

    /// <summary>
    /// A result, or a changed entry of a store, that can't be serialized or that its topic refuses (too large, a time too far from the clock, no key in a compacted topic,
    /// no permission, no such topic); fail by default.
    /// </summary>
    public FaultResponse OnProduction { get; set; }

    /// <summary>Decides about each fault by itself; where it answers null, the settings above do.</summary>
    public Func<Fault, FaultResponse?>? Handler { get; set; }

    /// <summary>
    /// Where <see cref="FaultResponse.DeadLetter"/> sends records, with headers that say where and why; must exist. What does not fit because of those headers is cut
    /// (<c>cs-truncated</c> holds the value's original size).
    /// </summary>
    public string? DeadLetterTopic { get; set; }

    internal FaultResponse For(FaultKind kind) => kind switch
    {
        FaultKind.Deserialization => OnDeserialization,
        FaultKind.Processing => OnProcessing,
        _ => OnProduction,
    };

    internal IEnumerable<string> Check() =>
    [
        .. Choice.Check(nameof(OnDeserialization), OnDeserialization),
        .. Choice.Check(nameof(OnProcessing), OnProcessing),
        .. Choice.Check(nameof(OnProduction), OnProduction),
        .. MissingTopic(),
    ];

    private IEnumerable<string> MissingTopic() => DeadLetterTopic is not null
        ? []
        : Enum.GetValues<FaultKind>().Where(kind => For(kind) == FaultResponse.DeadLetter)
            .Select(kind => $"{nameof(DeadLetterTopic)} is not set, but On{kind} is {nameof(FaultResponse.DeadLetter)}: name a topic that exists.");
}
