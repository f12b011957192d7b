namespace CrashStreams.Processing;

/// <summary>
/// A processor that holds something back until the next commit: results (a cache, a rate limit), or writes to another system that a record alone is not worth. What must only happen once a commit
/// is durable belongs into <see cref="ICommitListener"/>.
/// </summary>
public interface IEmitsAtCommit
{
    /// <summary>
    /// Forwards what is held back, with the event time that each result had; stores may be changed. Called in the stream thread before each commit, in topological order: first results, then the
    /// markers that tell downstream tasks how far this one is, then changelogs, then the commit itself. The commit may fail afterwards: what was done outside is done again then.
    /// </summary>
    void EmitPending();
}
