using CrashStreams.Broker.Attacks.Wire;

namespace CrashStreams.Broker.Attacks;

/// <summary>What a hostile or broken client does, again and again, to hold up the others or to use up the process.</summary>
internal abstract class Attack
{
    /// <summary>In the table and for <c>--only</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, in a line.</summary>
    public abstract string Description { get; }

    /// <summary>Connections that do it at the same time.</summary>
    public virtual int Clients => 4;

    /// <summary>Does it once. The broker may refuse it in any way.</summary>
    public abstract Task RoundAsync(Target target, CancellationToken stop);

    /// <summary>Does it until it is stopped, however the broker takes it.</summary>
    public async Task RunAsync(Target target, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(target, stop);
            }
            catch (Exception refused) when (refused is IOException or System.Net.Sockets.SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The broker has closed the connection, or the time is over.
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
            }
        }
    }
}
