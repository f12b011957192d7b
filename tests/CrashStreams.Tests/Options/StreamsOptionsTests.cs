using System.Reflection;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Options;

/// <summary>Options are copied with their groups, and one error lists everything that is wrong with them.</summary>
public class StreamsOptionsTests
{
    private static readonly string[] _groups = [nameof(StreamsOptions.Delivery), nameof(StreamsOptions.Time), nameof(StreamsOptions.Faults), nameof(StreamsOptions.State)];

    [Fact]
    public void A_copy_has_every_setting_and_groups_of_its_own()
    {
        var original = new StreamsOptions { ApplicationId = "" };
        SetAll(original);

        var copy = original with { };

        copy.Should().Be(original);
        foreach (var group in _groups.Select(name => typeof(StreamsOptions).GetProperty(name)!))
        {
            group.GetValue(copy).Should().NotBeSameAs(group.GetValue(original));
            SetAll(group.GetValue(copy)!, again: true);
            group.GetValue(copy).Should().NotBe(group.GetValue(original));
        }
    }

    [Fact]
    public void A_change_after_the_start_does_not_reach_the_application()
    {
        var options = new StreamsOptions { ApplicationId = "app", Faults = { OnProcessing = FaultResponse.Skip } };
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").MapValues(string (_) => throw new InvalidOperationException("bad")).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), options);
        options.Faults.OnProcessing = FaultResponse.Fail;

        driver.Input<string, string>("in").Pipe("key", "value", 0);

        driver.Read("out").Should().BeEmpty();
    }

    [Fact]
    public void One_error_lists_every_fault_with_its_path()
    {
        var options = new StreamsOptions
        {
            ApplicationId = "a b", Threads = 0, HostInfo = "two\nlines", ReplicationFactor = 0, RepartitionPurgeInterval = TimeSpan.Zero, ConnectTimeout = TimeSpan.Zero, PollWait = TimeSpan.FromTicks(-1),
            Delivery = { CommitInterval = TimeSpan.Zero, Isolation = IsolationLevel.ReadUncommitted, Guarantee = ProcessingGuarantee.ExactlyOnce },
            Time = { MarkerInterval = TimeSpan.FromTicks(-1), IdleAfter = TimeSpan.FromTicks(-1), CloseAfterIdle = TimeSpan.FromTicks(-2), MaxFuture = TimeSpan.FromTicks(-1) },
            Faults = { OnDeserialization = FaultResponse.DeadLetter, OnProcessing = FaultResponse.DeadLetter, OnProduction = FaultResponse.DeadLetter },
            State = { CacheBytes = -1, CleanupDelay = TimeSpan.FromTicks(-1), StandbyReplicas = 2 },
        };

        var message = options.Invoking(o => o.Validate()).Should().Throw<TopologyException>().Which.Message;

        message.Should().StartWith("The options have 19 fault(s):");
        message.Split("\n - ")[1..].Select(fault => fault.Split(' ', ':')[0]).Should().Equal(
            "ApplicationId", "Threads", "HostInfo", "ReplicationFactor", "RepartitionPurgeInterval", "ConnectTimeout", "PollWait",
            "Delivery.CommitInterval", "Delivery.Isolation",
            "Time.MarkerInterval", "Time.IdleAfter", "Time.CloseAfterIdle", "Time.MaxFuture",
            "Faults.DeadLetterTopic", "Faults.DeadLetterTopic", "Faults.DeadLetterTopic",
            "State.CacheBytes", "State.CleanupDelay", "State.StandbyReplicas");
        message.Should().ContainAll("OnDeserialization is DeadLetter", "OnProcessing is DeadLetter", "OnProduction is DeadLetter");
    }

    [Theory]
    [InlineData("Delivery.Guarantee")]
    [InlineData("Delivery.Isolation")]
    [InlineData("Delivery.OffsetReset")]
    [InlineData("Delivery.OffsetOutOfRange")]
    [InlineData("Time.Clock")]
    [InlineData("Faults.OnDeserialization")]
    [InlineData("Faults.OnProcessing")]
    [InlineData("Faults.OnProduction")]
    [InlineData("State.Orphaned")]
    public void A_number_that_is_no_choice_is_refused(string path)
    {
        var options = new StreamsOptions { ApplicationId = "app" };
        var group = typeof(StreamsOptions).GetProperty(path.Split('.')[0])!.GetValue(options)!;
        var property = group.GetType().GetProperty(path.Split('.')[1])!;
        property.SetValue(group, Enum.ToObject(property.PropertyType, 77));

        options.Invoking(o => o.Validate()).Should().Throw<TopologyException>().WithMessage($"*1 fault(s)*{path} is 77: {Enum.GetNames(property.PropertyType)[0]}*");
    }

    [Fact]
    public void A_group_can_be_replaced_but_not_be_missing()
    {
        var options = new StreamsOptions { ApplicationId = "app" };
        options.Time = new() { IdleAfter = TimeSpan.FromSeconds(1) };
        options.Time.IdleAfter.Should().Be(TimeSpan.FromSeconds(1));
        options.Invoking(o => o.Time = null!).Should().Throw<ArgumentNullException>().WithMessage("*group*");
    }

    // Whatever setting there will be: none keeps its default.
    private static void SetAll(object options, bool again = false)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Where(p => p.CanWrite))
        {
            if (_groups.Contains(property.Name))
                SetAll(property.GetValue(options)!);
            else
                property.SetValue(options, Other(property, again ? 2 : 1));
        }
    }

    private static object Other(PropertyInfo property, int by) => (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) switch
    {
        var type when type == typeof(string) => $"{property.Name}-{by}",
        var type when type == typeof(TimeSpan) => TimeSpan.FromDays(1000 + by),
        { IsEnum: true } type => Enum.ToObject(type, by),
        { IsPrimitive: true } type => Convert.ChangeType(1000 + by, type, null),
        var type when type == typeof(IStateStorage) => new MemoryStateStorage(),
        var type when type == typeof(Action<LateRecord>) => (LateRecord _) => { },
        var type when type == typeof(Action<RestoreProgress>) => (RestoreProgress _) => { },
        var type when type == typeof(Func<Fault, FaultResponse?>) => (Fault _) => (FaultResponse?)null,
        var type => throw new NotSupportedException($"{property.Name} is a {type}: say here what another value of it is."),
    };
}
