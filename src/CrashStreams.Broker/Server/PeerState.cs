using System.Net.Sockets;

namespace CrashStreams.Broker.Server;

/// <summary>Whether a client is still there, without reading: a connection that has enough to do reads nothing, and would not notice that nobody waits for it any more.</summary>
internal static class PeerState
{
    private const int Tcp = 6; // IPPROTO_TCP
    private const int Info = 11; // TCP_INFO, on Linux; the first byte of struct tcp_info is the state
    private const byte Established = 1; // TCP_ESTABLISHED

    /// <summary>Whether the client has closed or reset the connection. Where the system does not say it, only a reset is noticed.</summary>
    public static bool IsGone(Socket socket)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
                return socket.Poll(0, SelectMode.SelectError);
            Span<byte> state = stackalloc byte[1];
            return socket.GetRawSocketOption(Tcp, Info, state) > 0 && state[0] != Established;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
