using CrashStreams.Broker.Loop;

namespace CrashStreams.Broker.Tests.Coordination;

/// <summary>Work that is done when the test says so.</summary>
internal sealed class HeldWorkers : IWorkers
{
    private readonly Queue<Action> _held = new();

    /// <summary>Pieces of work that wait.</summary>
    public int Held => _held.Count;

    public void Run(Action work, Action<Exception?> done) => _held.Enqueue(() =>
    {
        work();
        done(null);
    });

    public void Release()
    {
        for (var left = _held.Count; left > 0; left--)
            _held.Dequeue()();
    }
}
