namespace CrashStreams.Broker.Loop;

/// <summary>Does long work beside the loop, so that requests are served meanwhile.</summary>
internal interface IWorkers
{
    /// <summary>Runs a piece of work on another thread, then calls back in the loop, with the exception that ended the work.</summary>
    void Run(Action work, Action<Exception?> done);
}

/// <summary>The pool's threads.</summary>
internal sealed class PoolWorkers(BrokerLoop loop) : IWorkers
{
    public void Run(Action work, Action<Exception?> done) => ThreadPool.UnsafeQueueUserWorkItem(_ =>
    {
        Exception? failure = null;
        try
        {
            work();
        }
        catch (Exception error)
        {
            failure = error;
        }
        loop.Post(new LoopAction(() => done(failure)));
    }, null);
}
