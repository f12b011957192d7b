namespace CrashStreams.Samples.Running;

/// <summary>Waits until an application has done all that there is to do.</summary>
internal static class CatchUp
{
    private static readonly TimeSpan _margin = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Completes when all is processed that is in the inputs now, and partitions that bring nothing more are not waited for any more: then the results are those of a run that has watched the
    /// input come.
    /// </summary>
    /// <param name="application">The application.</param>
    /// <param name="idleAfter">When a partition that brings nothing is not waited for any more.</param>
    /// <param name="time">The clock.</param>
    /// <param name="caughtUp">Called when all is processed, before the wait for idle partitions.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task AllAsync(StreamsApplication application, TimeSpan idleAfter, TimeProvider time, Action? caughtUp, CancellationToken cancellation)
    {
        await application.CaughtUpAsync(cancellation);
        caughtUp?.Invoke();
        await Task.Delay(idleAfter + _margin, time, cancellation);
        await application.CaughtUpAsync(cancellation);
    }
}
