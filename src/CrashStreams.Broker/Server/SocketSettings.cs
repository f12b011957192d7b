using System.Net;
using System.Net.Sockets;

namespace CrashStreams.Broker.Server;

/// <summary>How an accepted connection sends.</summary>
internal static class SocketSettings
{
    private const int Tcp = 6; // IPPROTO_TCP
    private const int Congestion = 13; // TCP_CONGESTION

    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;
        if (OperatingSystem.IsLinux() && socket.RemoteEndPoint is IPEndPoint { Address: var client } && IPAddress.IsLoopback(client))
            DontPace(socket);
    }

    /// <summary>
    /// Between two processes of one machine there is no path to probe. Where the system's default is BBR it would estimate the path's rate all the same, and
    /// keep answers back by a timer; Reno, which every Linux has and lets every process choose, sends what fits.
    /// </summary>
    private static void DontPace(Socket socket)
    {
        try
        {
            socket.SetRawSocketOption(Tcp, Congestion, "reno"u8);
        }
        catch (SocketException)
        {
            // A sandbox without this option: the connection works as well with the system's default.
        }
    }
}
