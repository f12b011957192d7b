namespace CrashStreams.Stores;

/// <summary>How far a store of windows has come, for whoever deletes the part of its changelog that it needs no more.</summary>
internal interface IWindowHistory
{
    /// <summary>No window that starts later was ever in the store or its changelog; <see cref="long.MinValue"/> before the first.</summary>
    long LatestStart { get; }

    /// <summary>Windows that start earlier are forgotten for good.</summary>
    long ExpiredBefore { get; }

    long RetentionMs { get; }
}
