namespace CrashStreams.Engine;

/// <summary>
/// The life of a task:
/// <code>
///   Created ──► Restoring ──► Running ──► Closed
///      │            │                       ▲
///      └────────────┴───────────────────────┘   (its partitions were taken away)
/// </code>
/// </summary>
internal enum TaskState
{
    Created,
    Restoring,
    Running,
    Closed,
}
