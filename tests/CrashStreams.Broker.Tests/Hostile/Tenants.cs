using System.Text;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>A broker with users: one who may do everything, one who may read only, and tenants who have what begins with <c>mine-</c> or <c>other-</c>.</summary>
internal static class Tenants
{
    private static readonly Dictionary<string, UserAccess> s_access = new()
    {
        ["reader"] = new() { IsReadOnly = true },
        ["tenant"] = new() { TopicPrefix = "mine-" },
        ["other"] = new() { TopicPrefix = "other-" },
    };

    public static async Task<EmbeddedBroker> StartAsync(BrokerOptions? options = null)
    {
        var broker = await EmbeddedBroker.StartAsync((options ?? new BrokerOptions()) with
        {
            Users = new Dictionary<string, string> { ["admin"] = "a", ["reader"] = "r", ["tenant"] = "t", ["other"] = "o" },
            Access = s_access,
        });
        await broker.CreateTopicAsync("mine-1");
        await broker.CreateTopicAsync("other-1");
        return broker;
    }

    /// <summary>A connection of a user, whose password is the first letter of the name.</summary>
    public static async Task<AttackClient> ConnectAsync(EmbeddedBroker broker, string user)
    {
        var client = await AttackClient.ConnectUnauthenticatedAsync(new Target(broker.Port));
        await client.AskAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new() { Mechanism = "PLAIN" });
        var answer = await client.AskAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(new() { AuthBytes = Encoding.UTF8.GetBytes($"\0{user}\0{user[0]}") });
        answer.ErrorCode.Should().Be(ErrorCode.None);
        return client;
    }

    public static Task<Guid> IdOfAsync(EmbeddedBroker broker, string topic) => broker.LookAsync(core => core.Topics.Find(topic)!.Id);
}
