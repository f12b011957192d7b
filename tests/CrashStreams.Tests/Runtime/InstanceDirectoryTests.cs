using CrashStreams.Engine;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>Who has what, as the instances tell each other.</summary>
public sealed class InstanceDirectoryTests : IDisposable
{
    private static readonly StreamsOptions _options = new() { ApplicationId = "app", HostInfo = "here:1" };

    private readonly MemoryLog _log = new();
    private readonly List<IDisposable> _made = [];
    private long _nowMs = 1_000_000;

    public InstanceDirectoryTests() => _log.Create("app-instances", 1);

    [Fact]
    public void A_line_is_what_was_written()
    {
        var member = new Member("app-1-0", "host:80", [new(new(0, 3), MemberTaskState.Running, -5), new(new(1, 0), MemberTaskState.Standby)]);
        member.Value.Should().Be("1\nhost:80\n0_3 Running -5\n1_0 Standby");
        Member.Parse(member.Name, member.Value).Should().BeEquivalentTo(member);
        Member.Parse("app-1-0", "1\n").Should().BeEquivalentTo(new Member("app-1-0", null, []));
        member.Instance.Should().Be("app-1");
    }

    [Theory]
    [InlineData("")]
    [InlineData("2\nhost:80")]
    [InlineData("1\nhost:80\n0_3")]
    [InlineData("1\nhost:80\n0_x Running")]
    [InlineData("1\nhost:80\n0_3 Dancing")]
    [InlineData("1\nhost:80\n0_3 Running x")]
    public void What_is_not_understood_is_nobody(string value) => Member.Parse("app-1-0", value).Should().BeNull();

    [Fact]
    public void Each_hears_of_the_others_tasks_and_the_last_one_to_speak_has_them()
    {
        var (one, two) = (New("app-1-0"), New("app-2-0"));
        Turn(one, new MemberTask(new(0, 0), MemberTaskState.Running));
        Turn(two);
        two.OwnerOf(new(0, 0), _nowMs)!.Value.Member.Name.Should().Be("app-1-0");
        two.OwnerOf(new(0, 1), _nowMs).Should().BeNull();

        _nowMs += 5_000;
        Turn(two, new MemberTask(new(0, 0), MemberTaskState.Restoring));
        Turn(two, new MemberTask(new(0, 0), MemberTaskState.Restoring));
        two.OwnerOf(new(0, 0), _nowMs)!.Value.Task.State.Should().Be(MemberTaskState.Restoring);
    }

    [Fact]
    public void Whoever_is_silent_is_not_alive_and_whoever_leaves_is_gone_at_once()
    {
        var (one, two, three) = (New("app-1-0"), New("app-2-0"), New("app-3-0"));
        Turn(one, new MemberTask(new(0, 0), MemberTaskState.Running));
        Turn(two, new MemberTask(new(0, 1), MemberTaskState.Running));
        Turn(three);
        three.Alive(_nowMs).Should().HaveCount(2, "it has not heard itself");
        two.Leave(_nowMs);
        Turn(three);
        three.Alive(_nowMs).Select(m => m.Name).Should().Equal("app-1-0", "app-3-0");
        for (var i = 0; i < 4; i++, _nowMs += 3_000)
            Turn(three);
        three.Alive(_nowMs).Select(m => m.Name).Should().Equal("app-3-0");
        three.OwnerOf(new(0, 0), _nowMs).Should().BeNull();
    }

    [Fact]
    public void What_is_there_at_the_start_is_as_old_as_it_says_and_in_the_end_forgotten()
    {
        var dead = New("app-1-0");
        Turn(dead, new MemberTask(new(0, 0), MemberTaskState.Running));
        _nowMs += 60_000;
        var late = New("app-2-0");
        Turn(late);
        late.Alive(_nowMs).Should().BeEmpty();
        _nowMs += 600_000;
        Turn(late);
        var last = _log.Partition(new("app-instances", 0))[^1];
        (System.Text.Encoding.UTF8.GetString(last.Key!), last.Value).Should().Be(("app-1-0", null));
    }

    [Fact]
    public void A_thread_tells_its_tasks_and_forgets_itself_at_a_clean_end()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts");
        var driver = new TopologyTestDriver(builder.Build(), _options, DateTimeOffset.UnixEpoch.AddDays(1));
        driver.AdvanceWallClock(TimeSpan.FromSeconds(1));
        var told = driver.Log.Partition(new("app-instances", 0));
        System.Text.Encoding.UTF8.GetString(told[^1].Value!).Should().Be("1\nhere:1\n0_0 Running");
        driver.Thread.Directory!.OwnerOf(new(0, 0), driver.Thread.NowMs())!.Value.Member.Host.Should().Be("here:1");
        driver.Dispose();
        told[^1].Value.Should().BeNull();
    }

    [Fact]
    public void Without_host_info_nothing_is_told()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts");
        using var driver = new TopologyTestDriver(builder.Build());
        driver.Topics.Should().NotContain("app-instances");
        var application = new StreamsApplication(builder.Build(), new() { ApplicationId = "app" }, new MemoryLogClients(_log));
        application.Invoking(a => a.Find("counts", "ann")).Should().Throw<InvalidOperationException>().WithMessage("*HostInfo*");
    }

    public void Dispose() => _made.ForEach(m => m.Dispose());

    private InstanceDirectory New(string name)
    {
        var clients = new MemoryLogClients(_log);
        var directory = new InstanceDirectory(name, _options, clients, clients.CreateAdmin(""), NullLogger.Instance);
        _made.Add(directory);
        return directory;
    }

    private void Turn(InstanceDirectory directory, params MemberTask[] tasks)
    {
        _nowMs += 200;
        directory.RunOnce(_nowMs, () => tasks);
    }
}
