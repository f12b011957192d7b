using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CrashStreams.Broker.Attacks.Attacks;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Broker.Server;
using CrashStreams.Protocol.Messages;
using Microsoft.Extensions.Time.Testing;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>A connection that brings nothing is closed, for each way of bringing nothing.</summary>
public sealed class HostileDeadlineTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task An_idle_connection_is_closed()
    {
        await using var victim = await Victim.StartAsync(new Limits { Idle = s_short });
        using var client = await victim.ConnectAsync();

        (await client.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();
    }

    [Fact]
    public async Task A_connection_that_waits_for_an_answer_is_not_idle()
    {
        await using var victim = await Victim.StartAsync(new Limits { Idle = s_short });
        using var client = await victim.ConnectAsync();

        var fetch = AbandonedFetches.Request();
        fetch.MaxWaitMs = 2500;
        (await client.AskAsync<FetchRequest, FetchResponse>(fetch, version: 11)).ErrorCode.Should().Be(Protocol.ErrorCode.None);
    }

    [Theory]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0, 0, 1, 0, 0, 3, 0, 1 })]
    public async Task Half_a_request_closes_the_connection(byte[] half)
    {
        await using var victim = await Victim.StartAsync(new Limits { HalfRequest = s_short });
        using var client = await victim.ConnectAsync();

        await client.SendBytesAsync(half);

        (await client.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();
    }

    [Fact]
    public async Task Who_does_not_authenticate_is_disconnected_and_who_has_is_not()
    {
        await using var victim = await Victim.StartAsync(new Limits { Authentication = TimeSpan.FromSeconds(2) }, hasUsers: true);
        using var silent = await AttackClient.ConnectUnauthenticatedAsync(victim.Target);
        using var authenticated = await victim.ConnectAsync();

        (await silent.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();

        (await authenticated.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = null }, version: 9)).Topics.Should().HaveCount(2);
    }

    [Fact]
    public async Task Half_a_TLS_handshake_closes_the_connection()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { Certificate = Certificate(), Limits = new Limits { Authentication = s_short } });
        using var client = await AttackClient.ConnectUnauthenticatedAsync(new Target(broker.Port));

        await client.SendBytesAsync(new byte[] { 0x16, 3, 1 });

        (await client.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();
    }

    [Fact]
    public async Task An_answer_that_nobody_takes_closes_the_connection()
    {
        await using var victim = await Victim.StartAsync(new Limits { UntakenAnswer = s_short });
        using var client = await victim.ConnectAsync();

        // Far more than what the sockets hold.
        var frame = client.Frame(new MetadataRequest { Topics = null }, version: 9);
        await Task.WhenAny(SendAll(), Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));

        await victim.UntilAsync(_ => victim.Log.Lines.Any(line => line.Contains("takes no answers", StringComparison.Ordinal)), "the connection is closed");

        async Task SendAll()
        {
            try
            {
                for (var i = 0; i < 5000; i++)
                    await client.SendBytesAsync(frame);
            }
            catch (IOException)
            {
                // Closed already.
            }
        }
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_and_there_is_room_again_when_others_leave()
    {
        await using var victim = await Victim.StartAsync(new Limits { Connections = 3 });
        var clients = new List<AttackClient>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await victim.ConnectAsync());
            await clients[i].AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, version: 9);
        }
        using (var refused = await victim.ConnectAsync())
            (await refused.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();

        clients.ForEach(client => client.Dispose());

        using var patience = new CancellationTokenSource(Clients.Client.Patience);
        while (!await IsServed())
            patience.IsCancellationRequested.Should().BeFalse("there is room again");

        async Task<bool> IsServed()
        {
            try
            {
                using var client = await victim.ConnectAsync();
                await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [] }, version: 9);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Without_descriptors_accepting_pauses_and_says_so_once()
    {
        var (time, log) = (new FakeTimeProvider(), new LogLines());
        var pause = new AcceptPause(time, log);
        var exhausted = new SocketException((int)SocketError.TooManyOpenSockets);

        var first = pause.AfterAsync(exhausted, default);
        first.IsCompleted.Should().BeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        await first;
        var second = pause.AfterAsync(exhausted, default);
        time.Advance(TimeSpan.FromSeconds(1));
        await second;
        log.Lines.Should().ContainSingle();
        pause.Works();
        await pause.AfterAsync(new SocketException((int)SocketError.ConnectionReset), default); // that client alone
        log.Lines.Should().ContainSingle();
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
