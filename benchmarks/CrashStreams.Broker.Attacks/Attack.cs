using CrashStreams.Broker.Attacks.Wire;

namespace CrashStreams.Broker.Attacks;

/// <summary>What a hostile or broken client does, again and again, to hold up the others or to use up the process.</summary>
/// <param name="name">In the table and for <c>--only</c>.</param>
/// <param name="description">What it does, in a line.</param>
/// <param name="clients">Connections that do it at the same time.</param>
internal abstract class Attack(string name, string description, int clients = 4)
{
    public string Name => name;

    public string Description => description;

    public int Clients => clients;

    /// <summary>Does it once, on a connection of its own. The broker may refuse it in any way.</summary>
    public async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await ConnectAsync(target, stop);
        await RoundAsync(client, target, stop);
    }

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

    protected virtual Task<AttackClient> ConnectAsync(Target target, CancellationToken stop) => AttackClient.ConnectAsync(target, stop);

    protected abstract Task RoundAsync(AttackClient client, Target target, CancellationToken stop);
}
