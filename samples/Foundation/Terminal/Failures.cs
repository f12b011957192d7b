using System.CommandLine;
using System.Net.Sockets;
using CrashStreams.CommandLine;
using CrashStreams.Log;

namespace CrashStreams.Samples.Terminal;

/// <summary>Tells expected failures in a sentence instead of a stack trace.</summary>
internal static class Failures
{
    public static async Task<int> ToExitCodeAsync(ParseResult arguments, Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (UsageException e)
        {
            return UsageErrors.Show(arguments, e.Message);
        }
        catch (Exception e) when (e is CrashStreamsException or IOException or UnauthorizedAccessException or SocketException or InvalidDataException)
        {
            Console.Error.WriteLine($"{arguments.RootCommandResult.Command.Name}: {e.Message}");
            if (e is LogException { IsRetriable: true })
                Console.Error.WriteLine("The same command may succeed later.");
            return ExitCode.Failure;
        }
    }
}
