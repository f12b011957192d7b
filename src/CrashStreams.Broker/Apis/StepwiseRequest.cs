using CrashStreams.Broker.Loop;
using CrashStreams.Protocol.Wire;

namespace CrashStreams.Broker.Apis;

/// <summary>
/// A request whose elements are handled one after the other, for at most so long at a time: requests of others are served in between. Its steps end with the answer.
/// </summary>
internal sealed class StepwiseRequest<TResponse>(IEnumerator<TResponse?> steps, StepWaits waits, StepQueue queue, Timers timers, IClientSession session, Action<TResponse?> reply) : IWaiting, IStepwise
    where TResponse : class, IResponse
{
    private bool _isWaiting;
    private bool _isDone;
    private long _allocatedBefore; // by the loop's thread, when the turn began

    /// <summary>Handles what fits into a slice of time; the rest follows in later turns of the loop.</summary>
    public void Run()
    {
        if (_isDone)
            return;
        var started = timers.Timestamp;
        _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        do
        {
            if (!steps.MoveNext())
                throw new InvalidOperationException("A request's steps ended without an answer.");
            if (steps.Current is not { } response)
                continue;
            End(response);
            return;
        }
        while (!waits.MustWait && timers.Elapsed(started) < StepQueue.Slice);
        if (waits.MustWait)
            waits.Then(() => queue.Add(this));
        else
            queue.Add(this);
        Charge();
        if (_isWaiting)
            return;
        _isWaiting = true; // before: a client that is gone cancels at once
        session.Await(this);
    }

    /// <summary>The client is gone: what is left is not done, as if it had left earlier.</summary>
    public void Cancel()
    {
        _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        if (!_isDone)
            End(null);
    }

    public void Continue()
    {
        try
        {
            Run();
        }
        catch
        {
            session.Close();
            End(null);
            throw;
        }
    }

    /// <summary>What a request takes in its first turn is counted by whoever has called it.</summary>
    private void Charge()
    {
        if (_isWaiting)
            session.Charge(GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore);
    }

    private void End(TResponse? response)
    {
        _isDone = true;
        steps.Dispose();
        Charge();
        reply(response);
        if (_isWaiting)
            session.EndWait();
    }
}
