using System.Security.Cryptography;
using System.Text;
using CrashStreams.Broker.Attacks.Attacks;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Broker.Server;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;
using Microsoft.Extensions.Time.Testing;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Who has not said who it is can neither use up the broker nor find out a password, and the messages of SCRAM are taken by their word.</summary>
public sealed class HostileAuthenticationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_large_token_is_not_even_read(bool isScram)
    {
        await using var victim = await Victim.StartAsync(hasUsers: true);
        using var client = await AttackClient.ConnectUnauthenticatedAsync(victim.Target);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = isScram ? "SCRAM-SHA-256" : "PLAIN" });

        var frame = client.Frame(new SaslAuthenticateRequest { AuthBytes = new LargeTokens(1024 * 1024).Token(isScram) });
        await client.SendBytesAsync(frame.AsMemory(0, 100)); // its length is enough

        (await client.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();
    }

    [Fact]
    public async Task After_authentication_requests_may_be_large()
    {
        await using var victim = await Victim.StartAsync(hasUsers: true);
        using var client = await victim.ConnectAsync();

        var answer = await client.AskAsync<MetadataRequest, MetadataResponse>(new() { Topics = [.. Enumerable.Range(0, 10_000).Select(i => new MetadataRequest.MetadataRequestTopic { Name = $"topic-{i:D10}" })] }, version: 9);

        answer.Topics.Should().HaveCount(10_000);
    }

    [Theory]
    [InlineData("PLAIN", "\0user\0wrong")]
    [InlineData("PLAIN", "somebody\0user\0right")] // acts for somebody else
    [InlineData("PLAIN", "\0user\0right\0")]
    [InlineData("SCRAM-SHA-256", "p=tls-unique,,n=user,r=nonce")] // channel binding is not offered
    [InlineData("SCRAM-SHA-256", "n,a=somebody,n=user,r=nonce")] // acts for somebody else
    [InlineData("SCRAM-SHA-256", "n,,m=ext,n=user,r=nonce")] // an extension that has to be understood
    [InlineData("SCRAM-SHA-256", "n,,n=us=er,r=nonce")] // an escape that is none
    [InlineData("SCRAM-SHA-256", ",,,,,,,,,,,,,,,")]
    public async Task What_is_wrong_is_refused_and_ends_the_connection(string mechanism, string token)
    {
        await using var victim = await Victim.StartAsync(hasUsers: true);
        using var client = await AttackClient.ConnectUnauthenticatedAsync(victim.Target);

        (await Authenticate(client, mechanism, token)).ErrorCode.Should().Be(ErrorCode.SaslAuthenticationFailed);

        (await client.IsClosedAsync(Clients.Client.Patience)).Should().BeTrue();
    }

    [Theory]
    [InlineData("biws", ErrorCode.None)] // n,,
    [InlineData("eSws", ErrorCode.SaslAuthenticationFailed)] // y,, after n,,
    [InlineData("cD10bHMtdW5pcXVlLCw=", ErrorCode.SaslAuthenticationFailed)] // p=tls-unique,, after n,,
    [InlineData("biws,c=biws", ErrorCode.SaslAuthenticationFailed)]
    public async Task The_second_message_of_SCRAM_has_to_repeat_what_the_first_said_of_channel_binding(string binding, ErrorCode expected)
    {
        await using var victim = await Victim.StartAsync(hasUsers: true);
        using var client = await AttackClient.ConnectUnauthenticatedAsync(victim.Target);
        const string Bare = "n=user,r=nonce";

        var first = Encoding.UTF8.GetString((await Authenticate(client, "SCRAM-SHA-256", "n,," + Bare)).AuthBytes);
        var withoutProof = $"c={binding},{first.Split(',')[0]}";
        var answer = await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes($"{withoutProof},p={Proof(first, $"{Bare},{first},{withoutProof}")}") });

        answer.ErrorCode.Should().Be(expected);
    }

    [Fact]
    public async Task Unknown_users_get_the_same_salt_again_as_known_ones_do()
    {
        await using var victim = await Victim.StartAsync(hasUsers: true);

        (await Salt("nobody")).Should().Be(await Salt("nobody")).And.NotBe(await Salt("somebody"));
        (await Salt("user")).Should().Be(await Salt("user"));

        async Task<string> Salt(string user)
        {
            using var client = await AttackClient.ConnectUnauthenticatedAsync(victim.Target);
            return Encoding.UTF8.GetString((await Authenticate(client, "SCRAM-SHA-256", $"n,,n={user},r=nonce")).AuthBytes).Split(',')[1];
        }
    }

    [Fact]
    public void Each_refusal_of_an_address_waits_twice_as_long_up_to_a_limit_and_after_a_minute_all_is_forgotten()
    {
        var time = new FakeTimeProvider();
        var refusals = new AuthenticationRefusals(new Limits(), time);

        Enumerable.Range(0, 8).Select(_ => refusals.Next("/10.0.0.1").TotalMilliseconds).Should().Equal(100, 200, 400, 800, 1600, 3200, 5000, 5000);
        refusals.Next("/10.0.0.2").TotalMilliseconds.Should().Be(100);
        time.Advance(TimeSpan.FromMinutes(2));
        refusals.Next("/10.0.0.1").TotalMilliseconds.Should().Be(100);
    }

    private static async Task<SaslAuthenticateResponse> Authenticate(AttackClient client, string mechanism, string token)
    {
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = mechanism });
        return await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes(token) });
    }

    private static string Proof(string serverFirst, string authMessage)
    {
        var salt = Convert.FromBase64String(serverFirst.Split(',')[1][2..]);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Victim.Password, salt, 4096, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8.ToArray());
        var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), Encoding.UTF8.GetBytes(authMessage));
        return Convert.ToBase64String(clientKey.Zip(signature, (key, sign) => (byte)(key ^ sign)).ToArray());
    }
}
