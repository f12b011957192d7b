namespace CrashStreams;

/// <summary>The names of a stream-stream join's nodes and stores, drawn in Kafka Streams' order.</summary>
internal sealed class JoinNames
{
    public JoinNames(BuilderState builder, string? name, string? storeName, bool keepsLeft, bool keepsRight)
    {
        string? With(string suffix) => name is null ? null : name + suffix;
        LeftWindow = builder.Name(With("-this-windowed"), "KSTREAM-WINDOWED");
        RightWindow = builder.Name(With("-other-windowed"), "KSTREAM-WINDOWED");
        var (leftPrefix, rightPrefix) = (keepsRight ? "KSTREAM-OUTERTHIS" : "KSTREAM-JOINTHIS", keepsLeft ? "KSTREAM-OUTEROTHER" : "KSTREAM-JOINOTHER");
        var (leftSuffix, rightSuffix) = (keepsRight ? "-outer-this-join" : "-this-join", keepsLeft ? "-outer-other-join" : "-other-join");
        var leftGenerated = builder.Name(null, leftPrefix);
        var rightGenerated = builder.Name(null, rightPrefix);
        LeftJoin = With(leftSuffix) ?? leftGenerated;
        RightJoin = With(rightSuffix) ?? rightGenerated;
        Merge = builder.Name(With("-merge"), "KSTREAM-MERGE");
        LeftStore = (storeName is null ? leftGenerated : storeName + leftSuffix) + "-store";
        RightStore = (storeName is null ? rightGenerated : storeName + rightSuffix) + "-store";
        if (keepsLeft)
        {
            UnmatchedStore = (storeName is null ? "KSTREAM-OUTERSHARED" + leftGenerated[leftPrefix.Length..] : storeName + (keepsRight ? "-outer-shared-join" : "-left-shared-join")) + "-store";
        }
    }

    public string LeftWindow { get; }

    public string RightWindow { get; }

    public string LeftJoin { get; }

    public string RightJoin { get; }

    public string Merge { get; }

    public string LeftStore { get; }

    public string RightStore { get; }

    /// <summary>Of records that wait for a partner; null in an inner join.</summary>
    public string? UnmatchedStore { get; }
}
