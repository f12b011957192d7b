using System.Buffers.Binary;
using System.Text;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Attacks.Attacks;

/// <summary>Who has not said who it is sends as much as it can.</summary>
internal sealed class LargeTokens(int bytes = 20 * 1024 * 1024) : Attack
{
    public override string Name => "tokens";

    public override string Description => $"SASL tokens of {bytes >> 20} MiB, SCRAM messages of commas";

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectUnauthenticatedAsync(target, stop);
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
internal sealed class PasswordGuesses : Attack
{
    public override string Name => "guesses";

    public override string Description => "passwords, guessed with SCRAM and PLAIN on many connections";

    public override int Clients => 50;

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectUnauthenticatedAsync(target, stop);
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" }, stop: stop);
        await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes($"\0{Target.User}\0{Random.Shared.Next()}") }, stop: stop);
    }
}

/// <summary>Connections that bring nothing, or half a request.</summary>
internal sealed class Silence : Attack
{
    public override string Name => "silence";

    public override string Description => "thousands of connections with nothing, or half a request, on them";

    public override int Clients => 8;

    public override async Task RoundAsync(Target target, CancellationToken stop)
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
internal sealed class AbandonedFetches(int perConnection = 1000) : Attack
{
    public override string Name => "abandoned";

    public override string Description => $"{perConnection} fetches a connection with the longest wait there is; then the client leaves";

    public override int Clients => 8;

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
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
internal sealed class HalfOfALargeRequest(int bytes = 100 * 1024 * 1024) : Attack
{
    public override string Name => "large";

    public override string Description => $"Produce frames of {bytes >> 20} MiB that end after 30";

    public override int Clients => 8;

    public override async Task RoundAsync(Target target, CancellationToken stop)
    {
        using var client = await AttackClient.ConnectAsync(target, stop);
        var start = new byte[1024 * 1024];
        BinaryPrimitives.WriteInt32BigEndian(start, bytes);
        BinaryPrimitives.WriteInt16BigEndian(start.AsSpan(4), (short)ApiKey.Produce);
        for (var i = 0; i < 30; i++)
            await client.SendBytesAsync(start, stop);
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, stop);
    }
}
