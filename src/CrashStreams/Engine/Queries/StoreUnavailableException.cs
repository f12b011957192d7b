namespace CrashStreams;

/// <summary>A store can't be asked here and now; <see cref="Reason"/> tells what to do.</summary>
public sealed class StoreUnavailableException(StoreUnavailableReason reason, string message) : CrashStreamsException(message)
{
    /// <summary>Why.</summary>
    public StoreUnavailableReason Reason => reason;
}

/// <summary>Why a store can't be asked.</summary>
public enum StoreUnavailableReason
{
    /// <summary>The partition belongs to another instance, or is about to move: ask there, or again.</summary>
    NotHere,

    /// <summary>The task is here but still restores its state: ask again soon.</summary>
    Restoring,

    /// <summary>The application does not run, or stopped before it could answer.</summary>
    NotRunning,
}
