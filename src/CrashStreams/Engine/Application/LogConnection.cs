using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>
/// Puts questions to a log that may be away: until it answers they are put again, and the application's status says what is tried and why it fails. It gives up on what no waiting
/// mends, and after <see cref="StreamsOptions.ConnectTimeout"/> if that is set.
/// </summary>
internal sealed class LogConnection(ILogClients clients, string clientId, TimeSpan? patience, TimeProvider time, StatusBoard status)
{
    // One part for all who wait: they wait for the same.
    private const string Part = "the log";

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    // A broker that is there answers sooner; a host that drops packets gives no reason at all.
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(3);

    /// <summary>The answer to a question, as soon as there is one.</summary>
    /// <exception cref="LogException">No waiting mends it, or it took longer than the application has patience.</exception>
    public async Task<T> AskAsync<T>(Func<ILogAdmin, CancellationToken, Task<T>> question, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                using var admin = clients.CreateAdmin(clientId);
                var answer = await WatchAsync(question(admin, cancellation), since, cancellation).ConfigureAwait(false);
                status.Clear(Part);
                return answer;
            }
            catch (LogException e) when (e.IsRetriable)
            {
                Report(since, e.Message, e);
            }

            await Task.Delay(_pause, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<T> WatchAsync<T>(Task<T> answer, long since, CancellationToken cancellation)
    {
        while (!answer.IsCompleted)
        {
            await Task.WhenAny(answer, Task.Delay(_look, time, cancellation)).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            if (answer.IsCompleted)
                break;
            if (clients.ConnectionFault is { } fault)
                Report(since, fault);
            else if (time.GetElapsedTime(since) >= _silence)
                Report(since, $"no answer for {time.GetElapsedTime(since).TotalSeconds:0} s");
        }

        return await answer.ConfigureAwait(false);
    }

    private void Report(long since, string reason, Exception? exception = null)
    {
        var to = clients.Address is { } address ? $"{address}: " : "";
        if (patience is { } limit && time.GetElapsedTime(since) >= limit)
            throw new LogException($"The log could not be reached within {limit.TotalSeconds:0.#} s ({nameof(StreamsOptions.ConnectTimeout)}). {to}{reason}", exception);
        status.Report(Part, ApplicationActivity.Connecting, $"{to}{reason}");
    }
}
