using CrashStreams.Broker;
using CrashStreams.Kafka;
using CrashStreams.Samples.Learning;
using CrashStreams.Samples.Learning.Batch;
using CrashStreams.Samples.Learning.Commands;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Verification;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Verification;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>Batches over a topic, one after the other and interrupted.</summary>
public sealed class LearningBatchTests : IAsyncLifetime
{
    private const int Partitions = 2;

    private static readonly LearningOptions _options = new() { IdleAfter = TimeSpan.FromMilliseconds(100) };

    private readonly TemporaryFolder _folder = new();
    private EmbeddedBroker _broker = null!;
    private KafkaLogClients _clients = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new());
        _clients = new(new() { BootstrapServers = _broker.BootstrapServers });
        await TopicCommands.CreateAsync(_clients, _options.Topics(Partitions), CancellationToken.None);
        await HostilePlatform.AppendAsync(_broker, new HostilePlatform(5).Events(2_000, Partitions, isKeyed: false, _options));
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_later_batch_continues_an_earlier_one_and_an_earlier_end_takes_rows_back()
    {
        var storage = Storage("views");
        await WriteAsync(storage, At(60));
        var first = await RowsAsync(storage);
        await WriteAsync(storage, At(120));
        var second = await RowsAsync(storage);
        await WriteAsync(storage, At(60));

        second.Should().Contain(first).And.HaveCountGreaterThan(first.Count);
        (await RowsAsync(storage)).Should().BeEquivalentTo(first);
    }

    [Fact]
    public async Task A_batch_goes_as_far_as_the_events_and_joined_views_less_far()
    {
        var storage = Storage("views");
        var end = HostilePlatform.Start.AddDays(1) - _options.Grace;
        await WriteAsync(storage, HostilePlatform.Start.AddDays(7));

        (await EndAsync(storage, "auth_realtime_login_rate")).Should().Be(end);
        (await EndAsync(storage, "assessment_realtime_grading_queue")).Should().Be(end.AddHours(-1));
        (await EndAsync(storage, "notification_realtime_delivery_status")).Should().Be(end.AddMinutes(-10));
    }

    [Fact]
    public async Task Whenever_a_batch_is_interrupted_what_is_below_the_end_that_is_stored_is_complete()
    {
        var whole = Storage("whole");
        await WriteAsync(whole, At(120));
        var all = await RowsAsync(whole);
        for (var puts = 0; puts < 15; puts += 4)
        {
            var storage = Storage($"interrupted-{puts}");
            await WriteAsync(storage, At(40));
            var interrupted = () => new BatchRun(_clients, _options, FailingStorage.Over(storage, puts), TimeProvider.System).RunAsync(Job.Video, At(120), progress: null, CancellationToken.None);
            await interrupted.Should().ThrowAsync<IOException>();

            foreach (var view in ViewCatalog.Of(Job.Video))
            {
                var end = await EndAsync(storage, view.Name);
                end.Should().BeOneOf(At(40), At(120));
                (await RowsAsync(storage, view)).Where(row => EndOf(row) <= end).Should().BeEquivalentTo(all.Where(row => row.StartsWith($"{view.Name} ", StringComparison.Ordinal) && EndOf(row) <= end), $"{view.Name} after {puts} puts");
            }
        }
    }

    private static DateTimeOffset At(int minute) => HostilePlatform.Start.AddMinutes(minute);

    private FolderViews Storage(string name) => new(Path.Combine(_folder.Path, name));

    private Task WriteAsync(IViewStorage storage, DateTimeOffset until) => BatchCommand.WriteAsync(_clients, _options, storage, until, CancellationToken.None);

    private static async Task<DateTimeOffset> EndAsync(IViewStorage storage, string view) => (await BatchEnd.ReadAsync(storage, ViewCatalog.Find(view)!, CancellationToken.None))!.Value;

    private static async Task<List<string>> RowsAsync(IViewStorage storage)
    {
        var rows = new List<string>();
        foreach (var view in ViewCatalog.All)
            rows.AddRange(await RowsAsync(storage, view));
        return rows;
    }

    private static async Task<List<string>> RowsAsync(IViewStorage storage, View view)
    {
        var check = new RowCheck(view.Name);
        await StoredRows.FindAsync(check, storage, ViewFiles.BatchRoot, view.Name, CancellationToken.None);
        return [.. check.Differences().Select(row => $"{view.Name} {row}")];
    }

    private static DateTimeOffset EndOf(string row)
    {
        const string Name = "window_end: ";
        var from = row.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
        return DateTimeOffset.Parse(row[from..(row.IndexOf('Z', from) + 1)], System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>Storage that is away after so many files.</summary>
public class FailingStorage : System.Reflection.DispatchProxy
{
    private object _storage = null!;
    private int _puts;

    internal static IViewStorage Over(IViewStorage storage, int puts)
    {
        var proxy = Create<IViewStorage, FailingStorage>();
        ((FailingStorage)(object)proxy)._storage = storage;
        ((FailingStorage)(object)proxy)._puts = puts;
        return proxy;
    }

    protected override object? Invoke(System.Reflection.MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == nameof(IViewStorage.PutAsync) && _puts-- <= 0 ? throw new IOException("the storage is away") : targetMethod.Invoke(_storage, args);
}
