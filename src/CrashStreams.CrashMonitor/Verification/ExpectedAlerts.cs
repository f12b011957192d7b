namespace CrashStreams.CrashMonitor;

/// <summary>Which row an alert is.</summary>
/// <param name="StartMs">The window's start, milliseconds since the Unix epoch.</param>
/// <param name="EndMs">The window's end.</param>
/// <param name="UserId">The user.</param>
public readonly record struct AlertKey(long StartMs, long EndMs, string UserId);

/// <summary>What the oracle found.</summary>
/// <param name="Due">The alerts that have to be there: every partition's watermark has passed their windows' end + grace.</param>
/// <param name="Possible">The alerts that may be there as well: some partition's watermark has, so the others may have been idle.</param>
public sealed record ExpectedAlerts(IReadOnlyDictionary<AlertKey, long> Due, IReadOnlyDictionary<AlertKey, long> Possible)
{
    /// <summary>All input records.</summary>
    public required long Records { get; init; }

    /// <summary>Severe crashes among them, late ones included.</summary>
    public required long Matching { get; init; }

    /// <summary>Severe crashes that missed their window.</summary>
    public required long Late { get; init; }

    /// <summary>Records with an event time too far in the future.</summary>
    public required long Future { get; init; }

    /// <summary>Malformed records by <see cref="MalformedReason"/>. The monitor itself may have looked at fewer: it parses only possible matches.</summary>
    public required IReadOnlyDictionary<string, long> Malformed { get; init; }
}
