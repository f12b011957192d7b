namespace CrashStreams.Engine;

/// <summary>Answers what other threads have asked about the stores.</summary>
internal sealed class QueryStep(QueryMailbox queries) : ITurnStep
{
    public void Run(Turn turn) => queries.Serve();
}
