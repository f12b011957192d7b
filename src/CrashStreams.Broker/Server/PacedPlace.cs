namespace CrashStreams.Broker.Server;

/// <summary>A place for one at a time, with pauses after each in which all others go on: for what would hold up everybody if all who want to did it at once.</summary>
internal sealed class PacedPlace(TimeProvider time)
{
    /// <summary>A pause is so many times as long as the one before it took: together they have a quarter of the time.</summary>
    private const int PauseFactor = 3;

    /// <summary>What counts of one that takes longer: it goes on in steps, which have pauses of their own.</summary>
    private static readonly TimeSpan s_mostCounted = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _place = new(1); // shared: connections enter and leave on their own threads
    private long _left = time.GetTimestamp();
    private TimeSpan _pause;

    /// <summary>Waits until the one in front has left, and for the pause after it. Disposing what is returned, once or more often, lets in the next.</summary>
    public async ValueTask<IDisposable> EnterAsync()
    {
        await _place.WaitAsync().ConfigureAwait(false);
        var pause = _pause - time.GetElapsedTime(_left);
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, time).ConfigureAwait(false);
        return new Place(this, time.GetTimestamp());
    }

    private void Leave(long entered)
    {
        _left = time.GetTimestamp();
        var taken = time.GetElapsedTime(entered, _left);
        _pause = PauseFactor * (taken < s_mostCounted ? taken : s_mostCounted);
        _place.Release();
    }

    private sealed class Place(PacedPlace place, long entered) : IDisposable
    {
        private int _isLeft; // shared: a request may be answered on another thread than the one that closes its connection

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
                place.Leave(entered);
        }
    }
}
