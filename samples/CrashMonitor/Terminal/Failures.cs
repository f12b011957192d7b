using CrashStreams.Log;

namespace CrashStreams.Samples.CrashMonitor.Terminal;

/// <summary>Tells expected failures in a sentence instead of a stack trace.</summary>
internal static class Failures
{
    public static async Task<int> ToExitCodeAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (e is CrashStreamsException or ArgumentException)
        {
            Console.Error.WriteLine($"crash-monitor: {e.Message}");
            if (e is LogException { IsRetriable: true })
                Console.Error.WriteLine("The same command may succeed later.");
            return ExitCode.Failure;
        }
    }
}
