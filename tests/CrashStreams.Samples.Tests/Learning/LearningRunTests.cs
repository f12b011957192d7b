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
using DuckDB.NET.Data;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.Tests.Learning;

/// <summary>Real runs on a real broker, compared with the oracle.</summary>
public sealed class LearningRunTests : IAsyncLifetime
{
    private const int Partitions = 4;

    private readonly TemporaryFolder _folder = new();
    private EmbeddedBroker _broker = null!;
    private KafkaLogClients _clients = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await EmbeddedBroker.StartAsync(new() { ConsumerSessionTimeout = TimeSpan.FromSeconds(3) });
        _clients = new(new() { BootstrapServers = _broker.BootstrapServers });
        await TopicCommands.CreateAsync(_clients, Options("first").Topics(Partitions), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1, true, 1)]
    [InlineData(2, false, 2)]
    public async Task Hostile_events_give_what_the_oracle_says_to_any_number_of_instances_and_to_a_batch(int seed, bool isKeyed, int instances)
    {
        await HostilePlatform.AppendAsync(_broker, new HostilePlatform(seed).Events(6_000, Partitions, isKeyed, Options("first")));

        await RunAsync("first", instances);
        var until = HostilePlatform.Start.AddMinutes(95);
        await BatchCommand.WriteAsync(_clients, Options("first"), Storage("first"), until, CancellationToken.None);

        var (events, checks) = await VerifyCommand.CheckAsync(_clients, Options("first"), Storage("first"), CancellationToken.None);
        events.Should().BeGreaterThan(6_000);
        foreach (var check in checks)
        {
            check.Differences().Should().BeEmpty(check.What);
            check.Due.Should().BePositive(check.What);
        }

        foreach (var view in ViewCatalog.All)
        {
            (await BatchEnd.ReadAsync(Storage("first"), view, CancellationToken.None)).Should().Be(until);
            var live = (await RowsAsync("first", ViewFiles.LiveRoot, view)).Where(row => row.End <= until).Select(row => row.Text);
            var batch = await RowsAsync("first", ViewFiles.BatchRoot, view);
            batch.Select(row => row.Text).Should().BeEquivalentTo(live, view.Name).And.NotBeEmpty(view.Name);
        }
    }

    [Fact]
    public async Task Events_that_come_while_instances_come_and_go_give_the_same()
    {
        var events = new HostilePlatform(3).Events(6_000, Partitions, isKeyed: false, Options("first")).ToList();
        var first = await StartAsync("first");
        await HostilePlatform.AppendAsync(_broker, events.Take(2_000));
        var second = await StartAsync("first");
        await HostilePlatform.AppendAsync(_broker, events.Skip(2_000).Take(2_000));
        await StopAsync(second);
        await StopAsync(first);

        await HostilePlatform.AppendAsync(_broker, events.Skip(4_000));
        await RunAsync("first", instances: 1);

        var (_, checks) = await VerifyCommand.CheckAsync(_clients, Options("first"), Storage("first"), CancellationToken.None);
        checks.SelectMany(check => check.Differences()).Should().BeEmpty();
    }

    [Fact]
    public async Task Processes_that_are_killed_lose_and_double_no_row()
    {
        var options = Options("first");
        var events = new HostilePlatform(4).Events(9_000, Partitions, isKeyed: false, options).ToList();
        string[] arguments = ["-b", _broker.BootstrapServers, "--application", options.ApplicationId, "--out", OutOf("first")];
        foreach (var part in events.Chunk(3_000).Take(2))
        {
            await HostilePlatform.AppendAsync(_broker, part);
            using var one = new SampleProcess("learning", ["run", .. arguments]);
            using var other = new SampleProcess("learning", ["run", .. arguments]);
            foreach (var job in Jobs.All)
                await _broker.WaitUntilAsync(async broker => (await broker.CommittedOffsetsAsync(options.GroupOf(job))).Count > 0, TimeSpan.FromSeconds(60));
            one.Crash();
            other.Crash();
        }

        await HostilePlatform.AppendAsync(_broker, events.Skip(6_000));
        var run = await SampleProcess.RunAsync("learning", ["run", .. arguments, "--exit-when-caught-up"]);
        run.ExitCode.Should().Be(0, run.Text);
        var verified = await SampleProcess.RunAsync("learning", ["verify", .. arguments]);
        verified.ExitCode.Should().Be(0, verified.Text);

        foreach (var view in ViewCatalog.All)
        {
            var (rows, distinct) = CountRows($"{OutOf("first")}/{ViewFiles.LiveRoot}/{view.Name}");
            rows.Should().BePositive(view.Name).And.Be(distinct, $"each row of {view.Name} is once over all files");
        }
    }

    private static LearningOptions Options(string name) => new() { ApplicationId = name, IdleAfter = TimeSpan.FromSeconds(2), CommitInterval = TimeSpan.FromMilliseconds(200) };

    private string OutOf(string name) => Path.Combine(_folder.Path, name);

    private FolderViews Storage(string name) => new(OutOf(name));

    private async Task RunAsync(string name, int instances) => await Task.WhenAll(Enumerable.Range(0, instances).SelectMany(_ => Jobs.All).Select(async job =>
    {
        await using var run = await StartAsync(name, job);
        await run.RunAsync(untilCaughtUp: true, CancellationToken.None);
    }));

    private async Task<IReadOnlyList<SampleRun>> StartAsync(string name) => await Task.WhenAll(Jobs.All.Select(job => StartAsync(name, job)));

    private Task<SampleRun> StartAsync(string name, Job job) => RunCommand.StartAsync(_clients, Options(name), job, state: null, LogLevel.Warning, Storage(name), CancellationToken.None);

    private static Task StopAsync(IReadOnlyList<SampleRun> runs) => Task.WhenAll(runs.Select(run => run.DisposeAsync().AsTask()));

    private async Task<List<(DateTimeOffset End, string Text)>> RowsAsync(string name, string root, View view)
    {
        var check = new RowCheck(view.Name);
        await StoredRows.FindAsync(check, Storage(name), root, view.Name, CancellationToken.None);
        return [.. check.Differences().Select(row => (EndOf(row), row))];

        static DateTimeOffset EndOf(string row)
        {
            const string Name = "window_end: ";
            var from = row.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
            return DateTimeOffset.Parse(row[from..row.IndexOf('Z', from)] + "Z", System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static (long Rows, long Distinct) CountRows(string folder)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"select count(*), (select count(*) from (select distinct * from read_parquet('{folder}/**/*.parquet', hive_partitioning = false))) from read_parquet('{folder}/**/*.parquet', hive_partitioning = false)";
        using var reader = command.ExecuteReader();
        reader.Read();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
