namespace CrashStreams;

/// <summary>What an instance is doing at a moment, in more detail than <see cref="ApplicationState"/>: for a host to show, not to decide by.</summary>
/// <param name="Activity">What it does.</param>
/// <param name="Detail">To what, how far, or why not; empty when there is nothing to add.</param>
public sealed record ApplicationStatus(ApplicationActivity Activity, string Detail = "")
{
    /// <summary>The activity, and the detail behind a colon.</summary>
    public override string ToString() => Detail.Length == 0 ? $"{Activity}" : $"{Activity}: {Detail}";
}

/// <summary>What an instance does. Of its threads the one that is worst off counts.</summary>
public enum ApplicationActivity
{
    /// <summary>Not started yet.</summary>
    Created,

    /// <summary>The log does not answer; the detail says what is tried and why it fails.</summary>
    Connecting,

    /// <summary>Checks and creates topics.</summary>
    PreparingTopics,

    /// <summary>Waits for the group to assign partitions.</summary>
    Joining,

    /// <summary>Reads state back from changelogs; the detail says how far.</summary>
    Restoring,

    /// <summary>Processes records, or waits for some.</summary>
    Running,

    /// <summary>Something that somebody else holds or must mend keeps tasks from running; the detail says what, and how to end it.</summary>
    Blocked,

    /// <summary>Commits and leaves the group.</summary>
    Stopping,

    /// <summary>Stopped cleanly.</summary>
    Stopped,

    /// <summary>Stopped by a fault; the detail is its message.</summary>
    Failed,
}
