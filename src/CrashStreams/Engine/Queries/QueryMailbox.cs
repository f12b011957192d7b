namespace CrashStreams.Engine;

/// <summary>
/// Questions to a stream thread, which answers them between two of its turns: stores have one thread that touches them, and no locks.
/// </summary>
/// <param name="wake">Ends the thread's wait for records; called by whoever asks, never after <see cref="Close"/>.</param>
internal sealed class QueryMailbox(Action wake)
{
    // Shared by the stream thread and those who ask.
    private readonly Lock _lock = new();
    private List<Query> _waiting = [];
    private List<Query> _served = [];
    private bool _isClosed;

    public Task<T> Ask<T>(Func<T> question)
    {
        var query = new Query<T>(question);
        lock (_lock)
        {
            if (!_isClosed)
            {
                _waiting.Add(query);
                wake();
                return query.Answer;
            }
        }

        query.Fail(Ended());
        return query.Answer;
    }

    /// <summary>Ends the thread's wait for records, for other reasons than a question.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            if (!_isClosed)
                wake();
        }
    }

    /// <summary>Answers what has been asked so far.</summary>
    public void Serve()
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
                return;
            (_waiting, _served) = (_served, _waiting);
        }

        foreach (var query in _served)
            query.Run();
        _served.Clear();
    }

    /// <summary>The thread ends.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            foreach (var query in _waiting)
                query.Fail(Ended());
            _waiting.Clear();
        }
    }

    private static StoreUnavailableException Ended() => new(StoreUnavailableReason.NotRunning, "The stream thread that held the store has ended: the application stops, or starts the thread again.");

    private abstract class Query
    {
        public abstract void Run();

        public abstract void Fail(Exception reason);
    }

    private sealed class Query<T>(Func<T> question) : Query
    {
        // The asker goes on in a thread of its own: the stream thread is not for that.
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Answer => _answer.Task;

        public override void Run()
        {
            try
            {
                _answer.TrySetResult(question());
            }
            catch (Exception e)
            {
                _answer.TrySetException(e);
            }
        }

        public override void Fail(Exception reason) => _answer.TrySetException(reason);
    }
}
