namespace CrashStreams.Engine;

/// <summary>Watches the input topics, and deletes state on disk that nobody has used for long.</summary>
internal sealed class TopicStep(InputWatch inputs, StateCleaning? cleaning) : ITurnStep
{
    public void Run(Turn turn)
    {
        inputs.RunOnce(turn.NowMs);
        cleaning?.RunOnce(turn.NowMs);
    }
}
