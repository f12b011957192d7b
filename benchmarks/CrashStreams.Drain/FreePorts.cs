using System.Net;
using System.Net.Sockets;

namespace CrashStreams.Drain;

/// <summary>
/// Ports for brokers. Below those that systems give to clients: a broker's port is free for seconds before it starts and while it is away, and a client that calls there could be
/// given it as its own.
/// </summary>
internal static class FreePorts
{
    private const int First = 10_000;
    private const int FirstOfClients = 32_000;

    /// <summary>A port whose neighbour is free too: a node of Apache Kafka takes two in a row.</summary>
    public static int Pair()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, FirstOfClients);
            if (IsFree(port) && IsFree(port + 1))
                return port;
        }
    }

    public static async Task<bool> IsListeningAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
