namespace CrashStreams;

/// <summary>
/// The life of an application:
/// <code>
///   Created ──► Starting ──► Running ──► Stopping ──► Stopped
///                  │  │         │            │           ▲
///                  │  └─────────┼────────────┼───────────┘   (the start was cancelled)
///                  └────────────┴────────────┴──► Failed
/// </code>
/// </summary>
public enum ApplicationState
{
    /// <summary>Not started yet.</summary>
    Created,

    /// <summary>The log is connected to and topics are prepared; <see cref="StreamsApplication.Status"/> says more.</summary>
    Starting,

    /// <summary>Threads are running; tasks may still be restoring.</summary>
    Running,

    /// <summary>Committing and leaving the group.</summary>
    Stopping,

    /// <summary>Stopped in order.</summary>
    Stopped,

    /// <summary>Stopped by a fault; <see cref="StreamsApplication.Completion"/> carries it.</summary>
    Failed,
}
