namespace CrashStreams.Processing;

/// <summary>
/// A processor that acts outside of the log: writes files, calls another system. What it decides it puts into a store; once that is durable it is told, and may act. If it does
/// nothing outside before, and does the same again when it finds the decision in its store after a restart, each effect is exactly once where effects of the same name replace each other.
/// </summary>
public interface ICommitListener
{
    /// <summary>
    /// Everything that the processor has done is committed: its stores, what it forwarded, and the positions of the input. Called in the stream thread after each commit. Stores may be
    /// read here; change them in the next record or punctuation.
    /// </summary>
    void OnCommitted();
}
