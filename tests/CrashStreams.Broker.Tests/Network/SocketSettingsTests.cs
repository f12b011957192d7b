using System.Net;
using System.Net.Sockets;
using System.Text;
using CrashStreams.Broker.Server;

namespace CrashStreams.Broker.Tests.Network;

public class SocketSettingsTests
{
    private const int Tcp = 6;
    private const int Congestion = 13;

    [Fact]
    public async Task A_client_of_the_same_machine_is_sent_to_without_pacing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The option is Linux's.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var accepted = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);

        SocketSettings.Apply(accepted);

        accepted.NoDelay.Should().BeTrue();
        var name = new byte[16];
        var length = accepted.GetRawSocketOption(Tcp, Congestion, name);
        Encoding.ASCII.GetString(name, 0, length).TrimEnd('\0').Should().Be("reno");
    }
}
