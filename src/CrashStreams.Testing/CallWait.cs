namespace CrashStreams.Testing;

/// <summary>
/// How the test driver waits for calls of <c>MapAsync</c>: they run beside it, in real time, and their timeouts are by its own clock, which stands still. Knows nothing of the driver: clocks are kept by
/// metrics, and would keep it alive.
/// </summary>
internal sealed class CallWait
{
    /// <summary>How long a call may take, by the machine's clock.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(1);

    /// <exception cref="ProcessingException">A call has not ended in time.</exception>
    public void WaitUntil(Func<bool> isOver)
    {
        var (waiting, began) = (new SpinWait(), TimeProvider.System.GetTimestamp());
        while (!isOver())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new ProcessingException($"A call of MapAsync has not ended for {Patience.TotalSeconds:0.#} s. The driver's clock stands still, so its timeout does not end it: let the calls of a test end, with a result or an exception.");
            waiting.SpinOnce();
        }
    }
}
