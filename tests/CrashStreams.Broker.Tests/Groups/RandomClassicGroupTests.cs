using CrashStreams.Broker.Groups.Classic;
using CrashStreams.Broker.Tests.Coordination;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Tests.Groups;

public class RandomClassicGroupTests
{
    /// <summary>
    /// Members of a classic group join, leave, die and change their minds at any point, and the broker crashes after any append. Within a
    /// generation there is one leader, everyone gets its own assignment and nobody another's, and when calm returns all are in one stable generation.
    /// </summary>
    [Fact]
    public void No_member_is_forgotten_or_left_hanging()
    {
        for (var seed = 0; seed < 200; seed++)
            Run(seed);
    }

    private static void Run(int seed)
    {
        var random = new Random(seed);
        var host = new CoordinatorHost();
        host.Topics.Create("t", 4);
        var crashes = false;
        host.GroupJournal.Appended = () => crashes |= random.Next(12) == 0;
        var members = new List<ClassicClient>();
        var born = 0;
        for (var step = 0; step < 300; step++)
        {
            switch (random.Next(16))
            {
                case 0 when members.Count < 6:
                    members.Add(NewMember());
                    break;
                case 1 when members.Count > 1:
                    var gone = members[random.Next(members.Count)];
                    members.Remove(gone);
                    // Half of them leave, half of them die.
                    if (random.Next(2) == 0 && gone.MemberId.Length > 0)
                        gone.Leave();
                    break;
                case 2:
                    host.Timers.Advance(random.Next(4_000));
                    break;
                case 3 when members.Count > 0:
                    members[random.Next(members.Count)].Subscription++;
                    break;
                case 4 when random.Next(10) == 0:
                    Crash();
                    break;
                default:
                    if (members.Count > 0)
                        Act(members[random.Next(members.Count)]);
                    break;
            }
            if (crashes)
                Crash();
            Check(members, seed);
        }

        for (var round = 0; round < 60; round++)
        {
            host.Timers.Advance(2_000);
            foreach (var member in members)
                Act(member);
        }
        Check(members, seed);
        if (members.Count == 0)
            return;
        ((ClassicGroup)host.Groups.FindClassic("g")!).State.Should().Be(ClassicGroupState.Stable, $"seed {seed}");
        ((ClassicGroup)host.Groups.FindClassic("g")!).Members.Select(member => member.Id).Should().BeEquivalentTo(members.Select(member => member.MemberId), $"seed {seed}");
        members.Select(member => member.Generation).Distinct().Should().ContainSingle($"seed {seed}");

        ClassicClient NewMember()
        {
            var instance = random.Next(3) == 0 ? $"i{born}" : null;
            return new ClassicClient(host, $"m{born++}", instance);
        }

        // Held requests die with their connections, and clients send them again.
        void Crash()
        {
            crashes = false;
            host.Restart();
            foreach (var member in members)
                member.Abandon();
        }
    }

    /// <summary>What a client does next, given what it was last told.</summary>
    private static void Act(ClassicClient member)
    {
        if (member.IsWaiting)
            return;
        if (member.Synced is { ErrorCode: ErrorCode.None })
        {
            var beat = member.Beat();
            if (beat == ErrorCode.RebalanceInProgress)
                member.Join();
            else if (beat != ErrorCode.None)
                Reset(member);
            return;
        }
        if (member.Synced is null && member.Joined is { ErrorCode: ErrorCode.None })
            member.Sync();
        else
            Reset(member);
    }

    private static void Reset(ClassicClient member)
    {
        if (member.Joined?.ErrorCode is ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId || member.Beat() is ErrorCode.UnknownMemberId)
            member.MemberId = "";
        member.Join();
    }

    private static void Check(List<ClassicClient> members, int seed)
    {
        foreach (var synced in members.Where(member => member.Synced is { ErrorCode: ErrorCode.None }))
            synced.Synced!.Assignment.Should().Equal(ClassicClient.AssignmentOf(synced.MemberId), $"seed {seed}");
        var leaders = members.Where(member => member.Joined is { ErrorCode: ErrorCode.None } && member.Joined.Members.Count > 0).GroupBy(member => member.Generation);
        foreach (var generation in leaders)
            generation.Count(member => member.Synced is { ErrorCode: ErrorCode.None }).Should().BeLessThanOrEqualTo(1, $"seed {seed}: generation {generation.Key} has one assigning leader");
    }
}
