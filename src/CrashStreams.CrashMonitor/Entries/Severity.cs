namespace CrashStreams.CrashMonitor;

/// <summary>How bad a log entry says it is. Only <see cref="High"/> and <see cref="Critical"/> crashes count.</summary>
public enum Severity : byte
{
    /// <summary>"Low".</summary>
    Low,

    /// <summary>"Medium".</summary>
    Medium,

    /// <summary>"High".</summary>
    High,

    /// <summary>"Critical".</summary>
    Critical,
}
