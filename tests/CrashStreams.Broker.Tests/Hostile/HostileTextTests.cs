using CrashStreams.Broker.Attacks.Attacks;
using CrashStreams.Broker.Attacks.Wire;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Nothing that a client sends makes a handler fail, and its text in the log is only text.</summary>
public sealed class HostileTextTests
{
    [Fact]
    public async Task A_member_named_twice_gets_the_last_assignment_as_in_Kafka()
    {
        await using var victim = await Victim.StartAsync();
        using var client = await victim.ConnectAsync();
        var joined = await client.AskAsync<JoinGroupRequest, JoinGroupResponse>(new() { GroupId = "g", SessionTimeoutMs = 10_000, RebalanceTimeoutMs = 10_000, ProtocolType = "consumer", Protocols = [new() { Name = "p" }, new() { Name = "p" }] }, version: 3);

        var synced = await client.AskAsync<SyncGroupRequest, SyncGroupResponse>(new()
        {
            GroupId = "g",
            GenerationId = joined.GenerationId,
            MemberId = joined.MemberId,
            Assignments = [new() { MemberId = joined.MemberId, Assignment = [1] }, new() { MemberId = joined.MemberId, Assignment = [2] }],
        }, version: 3);

        synced.Assignment.Should().Equal(2);
        victim.Log.Errors.Should().BeEmpty();
    }

    [Fact]
    public async Task Line_ends_and_terminal_sequences_of_clients_are_escaped_in_the_log()
    {
        await using var victim = await Victim.StartAsync(new Server.Limits { LoopTime = TimeSpan.Zero }); // every request is logged
        for (var i = 0; i < 3; i++)
        {
            using var client = await victim.ConnectAsync();
            client.ClientId = TwiceAndEscapes.Forged;
            await client.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(new() { CoordinatorKeys = [TwiceAndEscapes.Forged] });
        }
        await new TwiceAndEscapes().RoundAsync(victim.Target, default);

        victim.Log.Errors.Should().BeEmpty();
        victim.Log.Lines.Should().NotBeEmpty().And.OnlyContain(line => !line.Any(char.IsControl));
    }

    [Fact]
    public async Task The_request_that_held_the_loop_for_too_long_is_named()
    {
        await using var victim = await Victim.StartAsync(new Server.Limits { LoopTime = TimeSpan.Zero });
        using var client = await victim.ConnectAsync();
        client.ClientId = "slow\nclient";

        // One line a second is written: of one step among all.
        using var patience = new CancellationTokenSource(Clients.Client.Patience);
        while (!victim.Log.Lines.Any(line => line.Contains("FindCoordinator v", StringComparison.Ordinal) && line.Contains("of 127.0.2.", StringComparison.Ordinal)
            && line.Contains("client id 'slow\\u000Aclient'", StringComparison.Ordinal)))
        {
            patience.IsCancellationRequested.Should().BeFalse("a line names API, version, address and client id");
            await client.AskAsync<FindCoordinatorRequest, FindCoordinatorResponse>(new() { CoordinatorKeys = ["g"] });
        }
    }

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("a\r\nb", "a\\u000D\\u000Ab")]
    [InlineData("\u001b[31m", "\\u001B[31m")]
    [InlineData("right\u202eleft", "right\\u202Eleft")]
    [InlineData("back\\slash", "back\\u005Cslash")]
    [InlineData("Grüße", "Grüße")]
    public void Only_what_shows_as_itself_stays(string text, string escaped) => ClientText.Escape(text).Should().Be(escaped);

    [Fact]
    public void Long_text_is_cut() => ClientText.Escape(new string('x', 10_000)).Should().HaveLength(200 + "… (10000 characters)".Length);
}
