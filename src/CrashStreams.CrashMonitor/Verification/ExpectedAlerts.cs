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
    /// <summary>What late crashes make of windows that every partition has passed, by the last correction of each: all the crashes that came within the second grace.</summary>
    public IReadOnlyDictionary<AlertKey, long> DueCorrections { get; init; } = new Dictionary<AlertKey, long>();

    /// <summary>The same for windows that only some partitions have passed.</summary>
    public IReadOnlyDictionary<AlertKey, long> PossibleCorrections { get; init; } = new Dictionary<AlertKey, long>();

    /// <summary>All input records.</summary>
    public required long Records { get; init; }

    /// <summary>Severe crashes among them, late ones included.</summary>
    public required long Matching { get; init; }

    /// <summary>Severe crashes that missed their window and corrected its result.</summary>
    public long Correcting { get; init; }

    /// <summary>Severe crashes that missed their window for good.</summary>
    public required long Late { get; init; }

    /// <summary>Records with an event time too far in the future.</summary>
    public required long Future { get; init; }

    /// <summary>Malformed records by <see cref="MalformedReason"/>. The monitor itself may have looked at fewer: it parses only possible matches.</summary>
    public required IReadOnlyDictionary<string, long> Malformed { get; init; }
}
