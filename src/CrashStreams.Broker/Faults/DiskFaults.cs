namespace CrashStreams.Broker.Faults;

/// <summary>What a test does to the disk of a broker, in memory or not. It concerns writing; what is stored can be read.</summary>
public sealed class DiskFaults
{
    private volatile TaskCompletionSource? _pause; // tests pause on their own threads, the broker's threads wait
    private volatile bool _isFull;

    /// <summary>Makes every write wait until <see cref="Resume"/>, as a disk that hangs would: the broker waits with it, and so does direct access to it.</summary>
    public void Pause() => _pause ??= new TaskCompletionSource();

    /// <summary>Lets the writes go on. A crash, a restart and the end of the broker do that too.</summary>
    public void Resume()
    {
        var pause = _pause;
        _pause = null;
        pause?.TrySetResult();
    }

    /// <summary>Refuses every write until <see cref="Free"/>: there is no space left.</summary>
    public void Fill() => _isFull = true;

    /// <summary>There is space again.</summary>
    public void Free() => _isFull = false;

    /// <summary>To be called before bytes are written or flushed.</summary>
    internal void BeforeWrite()
    {
        _pause?.Task.Wait();
        if (_isFull)
            throw new IOException("No space left on device.");
    }
}
