using CrashStreams.Engine;
using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CrashStreams.Tests.Runtime;

/// <summary>Six tasks with stores to restore: the first of much, one of a few records, and as many as are loaded at a time of less than the first.</summary>
public sealed class RestorerTests : IDisposable
{
    private const int Much = 45_000, Few = 30, Less = 25_000, Tasks = 6;

    private static readonly int[] _less = [2, 3, 4, 5];

    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddDays(1));
    private readonly MemoryLog _log = new();
    private readonly List<RestoreProgress> _progress = [];
    private readonly MemoryStateStorage _storage;
    private StreamThread? _thread;

    public RestorerTests()
    {
        _log.Create("in", Tasks);
        _storage = new(_time);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Large_restores_come_four_at_a_time_the_smallest_first_and_small_ones_beside_them(bool hasEngine)
    {
        Start(hasEngine);
        TurnsUntil(() => Running.Count() == Tasks);

        _progress.Take(Tasks).Should().OnlyContain(p => p.Records == 0).And.HaveCount(Tasks, "how much there is to do is told at the beginning");
        _progress.Where(p => p.IsComplete).Select(p => (p.Task.Partition, p.Records)).Should().BeEquivalentTo([(0, Much), (1, Few), .. _less.Select(p => (p, Less))]);
        var firstIsComplete = _progress.FindIndex(p => _less.Contains(p.Task.Partition) && p.IsComplete);
        Began(0).Should().BeGreaterThan(firstIsComplete, "four are under way");
        _progress.FindIndex(p => p.Task.Partition == 1 && p.IsComplete).Should().BeLessThan(firstIsComplete);
        Entries(0).Should().Be(Much);
        Entries(1).Should().Be(Few);
        _less.Should().OnlyContain(p => Entries(p) == Less);
    }

    [Fact]
    public void A_task_runs_as_soon_as_its_own_store_is_there()
    {
        Start(hasEngine: true);
        TurnsUntil(() => Running.Any());
        Running.Should().Equal(1);
        TurnsUntil(() => Running.Count() > 1);
        Running.Should().NotContain(0);
        Running.Count().Should().BeLessThan(Tasks);
    }

    [Fact]
    public void The_next_one_begins_when_the_task_of_another_is_taken_away()
    {
        Start(hasEngine: true);
        TurnsUntil(() => Began(2) >= 0);

        ((IAssignmentListener)_thread!).Lost([new("in", 2)]);
        TurnsUntil(() => Running.SequenceEqual([0, 1, 3, 4, 5]));

        Entries(0).Should().Be(Much);
        _progress.Should().NotContain(p => p.Task.Partition == 2 && p.IsComplete);
        Began(0).Should().BeLessThan(_progress.FindIndex(p => _less.Contains(p.Task.Partition) && p.IsComplete), "there was room for it");
    }

    [Fact]
    public void A_task_that_is_taken_away_before_its_turn_is_not_restored()
    {
        Start(hasEngine: true);
        TurnsUntil(() => Began(2) >= 0);

        ((IAssignmentListener)_thread!).Lost([new("in", 0)]);
        TurnsUntil(() => Running.SequenceEqual([1, .. _less]));

        _progress.Where(p => p.Task.Partition == 0).Should().OnlyContain(p => p.Records == 0);
    }

    [Fact]
    public void What_a_crash_took_from_stores_on_disk_is_read_for_all_at_once()
    {
        Start(hasEngine: true);
        TurnsUntil(() => Running.Count() == Tasks);
        _thread!.Stop();
        _thread.Dispose();
        _progress.Clear();

        Start(hasEngine: true);
        TurnsUntil(() => Running.Count() == Tasks);

        _progress.Where(p => p.IsComplete).Select(p => (p.Task.Partition, p.Records)).Should().BeEquivalentTo([(0, Much), (1, Few), .. _less.Select(p => (p, Less))]);
        Began(0).Should().BeLessThan(_progress.FindIndex(p => _less.Contains(p.Task.Partition) && p.IsComplete));
    }

    public void Dispose() => _thread?.Dispose();

    private IEnumerable<int> Running => _thread!.Tasks.Where(t => t.State == TaskState.Running).Select(t => t.Id.Partition);

    // When the first records came, in the order of what was told; -1: none yet.
    private int Began(int partition) => _progress.FindIndex(p => p.Task.Partition == partition && p.Records > 0);

    private int Entries(int partition) =>
        ((CrashStreams.Stores.KeyValueStore<string, long>)_thread!.Tasks.Single(t => t.Id.Partition == partition).Context.Store("counts")).All().Count();

    private void Start(bool hasEngine)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count("counts");
        var topology = builder.Build();
        var options = new StreamsOptions
        {
            ApplicationId = "app", PollWait = TimeSpan.Zero, BlindAfter = TimeSpan.MaxValue, State = { Storage = hasEngine ? _storage : null, OnRestore = _progress.Add },
        };
        var clients = new MemoryLogClients(_log);
        var topics = InternalTopics.PrepareAsync(topology, options, clients.CreateAdmin(""), NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        Fill(0, Much);
        Fill(1, Few);
        foreach (var partition in _less)
            Fill(partition, Less);
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
