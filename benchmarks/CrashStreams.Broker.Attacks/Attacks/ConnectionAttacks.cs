using System.Buffers.Binary;
using System.Text;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>Who has not said who it is sends as much as it can.</summary>
internal sealed class LargeTokens(int bytes = 20 * 1024 * 1024)
    : Attack("tokens", $"SASL tokens of {bytes >> 20} MiB, SCRAM messages of commas")
{
    protected override Task<AttackClient> ConnectAsync(Target target, CancellationToken stop) => AttackClient.ConnectUnauthenticatedAsync(target, stop);

    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var isScram = Random.Shared.Next(2) == 0;
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = isScram ? "SCRAM-SHA-256" : "PLAIN" }, stop: stop);
        await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Token(isScram) }, stop: stop);
    }

    public byte[] Token(bool isScram)
    {
        var token = new byte[bytes];
        token.AsSpan().Fill(isScram ? (byte)',' : (byte)'a');
        return token;
    }
}

/// <summary>Guesses passwords, with as many connections as it likes.</summary>
internal sealed class PasswordGuesses()
    : Attack("guesses", "passwords, guessed with SCRAM and PLAIN on many connections", clients: 50)
{
    protected override Task<AttackClient> ConnectAsync(Target target, CancellationToken stop) => AttackClient.ConnectUnauthenticatedAsync(target, stop);

    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, stop: stop);
        await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes($"\0{Target.User}\0{Random.Shared.Next()}") }, stop: stop);
    }
}

/// <summary>Connections that bring nothing, or half a request.</summary>
internal sealed class Silence()
    : Attack("silence", "thousands of connections with nothing, or half a request, on them", clients: 8)
{
    protected override Task<AttackClient> ConnectAsync(Target target, CancellationToken stop) => AttackClient.ConnectUnauthenticatedAsync(target, stop);

    protected override async Task RoundAsync(AttackClient first, Target target, CancellationToken stop)
    {
        var clients = new List<AttackClient>();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                var client = await AttackClient.ConnectUnauthenticatedAsync(target, stop);
                clients.Add(client);
                if (i % 2 == 0)
                    await client.SendBytesAsync(new byte[] { 0, 0, 0x40, 0, 0, 18 }, stop);
            }
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, stop);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }
}

/// <summary>Fetches that wait for as long as there are numbers for, by clients that leave at once.</summary>
internal sealed class AbandonedFetches(int perConnection = 1000)
    : Attack("abandoned", $"{perConnection} fetches a connection with the longest wait there is; then the client leaves", clients: 8)
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var frame = client.Frame(Request(), version: 11);
        for (var i = 0; i < perConnection; i++)
            await client.SendBytesAsync(frame, stop);
    }

    public static FetchRequest Request() => new()
    {
        MaxWaitMs = int.MaxValue,
        MinBytes = int.MaxValue,
        Topics = [new() { Topic = Target.Narrow, Partitions = [new() { FetchOffset = 0, PartitionMaxBytes = 1024 }] }],
    };
}

/// <summary>The largest requests there may be, of which only a part comes.</summary>
internal sealed class HalfOfALargeRequest(int bytes = 100 * 1024 * 1024)
    : Attack("large", $"Produce frames of {bytes >> 20} MiB that end after 30", clients: 8)
{
    protected override async Task RoundAsync(AttackClient client, Target target, CancellationToken stop)
    {
        var start = new byte[1024 * 1024];
        BinaryPrimitives.WriteInt32BigEndian(start, bytes);
        BinaryPrimitives.WriteInt16BigEndian(start.AsSpan(4), (short)ApiKey.Produce);
        for (var i = 0; i < 30; i++)
            await client.SendBytesAsync(start, stop);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, stop);
    }
}
