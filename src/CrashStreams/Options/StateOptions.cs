using CrashStreams.Stores;

namespace CrashStreams;

/// <summary>Where an application's stores are kept, how much memory they are cached in, and what happens when they move or lose their inputs' positions.</summary>
public sealed record StateOptions
{
    /// <summary>
    /// Where stores are kept between two lives of the instance; null (default): in memory alone, restored from their changelogs at every start. The
    /// application's threads share it; whoever made it disposes of it after the application. Other processes on the machine may use the same directory.
    /// </summary>
    public IStateStorage? Storage { get; set; }

    /// <summary>
    /// With <see cref="Storage"/>: memory for entries that are cached over it, bytes, divided among the threads; 64 MiB by default. What was changed since the
    /// last commit is held there too: when it needs more than half, a commit comes early.
    /// </summary>
    public long CacheBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>With <see cref="Storage"/>: how long state of tasks that have moved elsewhere is kept, in case they come back; 10 minutes by default.</summary>
    public TimeSpan CleanupDelay { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Warm copies of each task's stores on other instances, 0 (default) or 1: each instance follows the changelogs of the tasks that it would be given if any one of the others
    /// were lost, so that it goes on after the session timeout without a restore. It costs the memory or disk of the copies and the reading of their changelogs;
    /// with more than two instances several may keep a copy of the same task. Choose <see cref="CleanupDelay"/> longer than the session timeout: copies are kept for so long.
    /// </summary>
    public int StandbyReplicas { get; set; }

    /// <summary>What happens to state whose inputs' committed offsets are gone; by default it is built again if the whole input is still there.</summary>
    public OrphanedState Orphaned { get; set; } = OrphanedState.RebuildFromWholeInput;

    /// <summary>Called with the progress of restores, in the stream thread.</summary>
    public Action<RestoreProgress>? OnRestore { get; set; }

    internal IEnumerable<string> Check() => [.. Choice.Check(nameof(Orphaned), Orphaned), .. Ranges()];

    private IEnumerable<string> Ranges()
    {
        if (CacheBytes < 0)
            yield return $"{nameof(CacheBytes)} is {CacheBytes}: not negative.";
        if (CleanupDelay < TimeSpan.Zero)
            yield return $"{nameof(CleanupDelay)} is {CleanupDelay}: not negative.";
        if (StandbyReplicas is not (0 or 1))
            yield return $"{nameof(StandbyReplicas)} is {StandbyReplicas}: 0 or 1.";
    }
}
