namespace CrashStreams.Engine;

/// <summary>One of the things that a stream thread does in each turn. It never waits for anything that is only advice.</summary>
internal interface ITurnStep
{
    void Run(Turn turn);
}
