using CrashStreams.Processing;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.Runtime;

/// <summary>A processor that acts outside of the log is told when what it has decided is durable.</summary>
public class CommitListenerTests
{
    private readonly List<string> _seen = [];

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public void It_is_told_after_the_commit_that_has_its_store_and_not_before(ProcessingGuarantee guarantee)
    {
        using var driver = Run(guarantee);
        _seen.Clear();

        driver.Input<string, string>("in").Pipe("k", "v", timestamp: 0);

        _seen.Should().Equal("v", "committed v");
        driver.Read("app-decisions-changelog").Should().NotBeEmpty();
    }

    [Fact]
    public void What_is_not_committed_is_not_told_and_after_a_restart_is_told_once()
    {
        using var driver = Run(ProcessingGuarantee.ExactlyOnce);
        driver.Append("in", key: null, "v"u8.ToArray(), timestamp: 0);
        _seen.Clear();

        driver.Restart(isCrash: true);
        driver.Settle();

        _seen.Where(entry => entry == "committed v").Should().NotBeEmpty();
        _seen.IndexOf("v").Should().BeLessThan(_seen.IndexOf("committed v"));
    }

    [Fact]
    public void A_listener_that_throws_is_a_fault_of_its_operator()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process<string, string>(() => new Throwing(), name: "outside");
        using var driver = new TopologyTestDriver(builder.Build());

        FluentActions.Invoking(() => driver.Input<string, string>("in").Pipe("k", "v", timestamp: 0)).Should().Throw<ProcessingException>().WithMessage("*the disk*");
    }

    [Fact]
    public void A_processor_counts_what_it_does_not_take_under_its_own_reason()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process<string, string>(() => new Dropping());
        using var driver = new TopologyTestDriver(builder.Build());

        driver.Input<string, string>("in").Pipe("k", "v", timestamp: 0);

        driver.Dropped.Should().Contain("no-use-for-it", 1);
    }

    private TopologyTestDriver Run(ProcessingGuarantee guarantee)
    {
        var builder = new StreamsBuilder().AddKeyValueStore<string, string>("decisions");
        builder.Stream<string, string>("in").Process<string, string>(() => new Deciding(_seen), ["decisions"]);
        return new(builder.Build(), new() { ApplicationId = "app", Delivery = { Guarantee = guarantee } });
    }

    private sealed class Deciding(List<string> seen) : Processor<string, string, string, string>, ICommitListener
    {
        private IKeyValueStore<string, string> _store = null!;

        protected override void Init() => _store = Context.KeyValueStore<string, string>("decisions");

        public override void Process(in Record<string, string> record)
        {
            seen.Add(record.Value);
            _store.Put("last", record.Value);
        }

        public void OnCommitted()
        {
            if (_store.TryGet("last", out var last) && (seen.Count == 0 || seen[^1] != $"committed {last}"))
                seen.Add($"committed {last}");
        }
    }

    private sealed class Throwing : Processor<string, string, string, string>, ICommitListener
    {
        private bool _hasRecord;

        public override void Process(in Record<string, string> record) => _hasRecord = true;

        public void OnCommitted()
        {
            if (!_hasRecord)
                return;
            _hasRecord = false;
            throw new IOException("the disk is full");
        }
    }

    private sealed class Dropping : Processor<string, string, string, string>
    {
        public override void Process(in Record<string, string> record) => Context.Drop("no-use-for-it");
    }
}
