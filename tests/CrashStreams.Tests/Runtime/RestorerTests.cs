using CrashStreams.Log;
using CrashStreams.Runtime;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>Three tasks with stores to restore: one of much, one of a few records, one of less than the first.</summary>
public sealed class RestorerTests : IDisposable
{
    private const int Much = 45_000, Few = 30, Less = 25_000;

    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(1));
    private readonly MemoryLog _log = new();
    private readonly List<RestoreProgress> _progress = [];
    private readonly MemoryStateStorage _storage;
    private StreamThread? _thread;

    public RestorerTests()
    {
        _log.Create("in", 3);
        _storage = new(_time);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Large_restores_come_one_after_another_the_smallest_first_and_small_ones_beside_them(bool hasEngine)
    {
        Start(hasEngine);
        TurnsUntil(() => Running.Count() == 3);

        _progress.Take(3).Should().OnlyContain(p => p.Records == 0).And.HaveCount(3, "how much there is to do is told at the beginning");
        _progress.Where(p => p.IsComplete).Select(p => (p.Task.Partition, p.Records)).Should().Equal((1, Few), (2, Less), (0, Much));
        var ofLess = _progress.FindLastIndex(p => p.Task.Partition == 2);
        _progress.FindIndex(p => p.Task.Partition == 0 && p.Records > 0).Should().BeGreaterThan(ofLess);
        Entries(0).Should().Be(Much);
        Entries(1).Should().Be(Few);
        Entries(2).Should().Be(Less);
    }

    [Fact]
    public void A_task_runs_as_soon_as_its_own_store_is_there()
    {
        Start(hasEngine: true);
        TurnsUntil(() => Running.Any());
        Running.Should().Equal(1);
        TurnsUntil(() => Running.Count() > 1);
        Running.Should().Equal(1, 2);
    }

    [Fact]
    public void The_next_one_begins_when_the_task_of_the_first_is_taken_away()
    {
        Start(hasEngine: true);
        TurnsUntil(() => _progress.Exists(p => p.Task.Partition == 2 && p.Records > 0));

        ((IAssignmentListener)_thread!).Lost([new("in", 2)]);
        TurnsUntil(() => Running.SequenceEqual([0, 1]));

        Entries(0).Should().Be(Much);
        _progress.Should().NotContain(p => p.Task.Partition == 2 && p.IsComplete);
    }

    [Fact]
    public void A_task_that_is_taken_away_before_its_turn_is_not_restored()
    {
        Start(hasEngine: true);
        TurnsUntil(() => _progress.Exists(p => p.Task.Partition == 2 && p.Records > 0));

        ((IAssignmentListener)_thread!).Lost([new("in", 0)]);
        TurnsUntil(() => Running.SequenceEqual([1, 2]));

        _progress.Where(p => p.Task.Partition == 0).Should().OnlyContain(p => p.Records == 0);
    }

    [Fact]
    public void What_a_crash_took_from_stores_on_disk_is_read_for_all_at_once()
    {
        Start(hasEngine: true);
        TurnsUntil(() => Running.Count() == 3);
        _thread!.Stop();
        _thread.Dispose();
        _progress.Clear();

        Start(hasEngine: true);
        TurnsUntil(() => Running.Count() == 3);

        _progress.Where(p => p.IsComplete).Select(p => (p.Task.Partition, p.Records)).Should().BeEquivalentTo([(1, Few), (2, Less), (0, Much)]);
        _progress.FindIndex(p => p.Task.Partition == 0 && p.Records > 0).Should().BeLessThan(_progress.FindIndex(p => p.Task.Partition == 2 && p.IsComplete));
    }

    public void Dispose() => _thread?.Dispose();

    private IEnumerable<int> Running => _thread!.Tasks.Where(t => t.State == TaskState.Running).Select(t => t.Id.Partition);

    private int Entries(int partition) =>
        ((CrashStreams.State.KeyValueStore<string, long>)_thread!.Tasks.Single(t => t.Id.Partition == partition).Context.Store("counts")).All().Count();

    private void Start(bool hasEngine)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts");
        var topology = builder.Build();
        var options = new StreamsOptions
        {
            ApplicationId = "app", PollWait = TimeSpan.Zero, BlindAfter = TimeSpan.MaxValue, State = hasEngine ? _storage : null, OnRestore = _progress.Add,
        };
        var clients = new MemoryLogClients(_log);
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        Fill(0, Much);
        Fill(1, Few);
        Fill(2, Less);
        _thread = new("app-1-0", topology, options, topics, clients, _time, NullLogger.Instance);
        _thread.Start();
    }

    private void Fill(int partition, int records)
    {
        for (var i = 0; i < records; i++)
        {
            _log.Append("app-counts-changelog", partition, new()
            {
                Key = System.Text.Encoding.UTF8.GetBytes($"user-{i}"), HasKey = true, Value = [0, 0, 0, 0, 0, 0, 0, 1], HasValue = true, Timestamp = _time.GetUtcNow().ToUnixTimeMilliseconds(),
            });
        }
    }

    private void TurnsUntil(Func<bool> condition)
    {
        for (var turn = 0; !condition(); turn++)
        {
            turn.Should().BeLessThan(1000, "the restores end");
            _time.Advance(TimeSpan.FromMilliseconds(10));
            _thread!.RunOnce();
        }
    }
}
