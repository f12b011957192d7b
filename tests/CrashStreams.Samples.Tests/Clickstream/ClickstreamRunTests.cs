using System.Globalization;
using CrashStreams.Broker;
using CrashStreams.Kafka;
using CrashStreams.Samples.Clickstream;
using CrashStreams.Samples.Clickstream.Commands;
using CrashStreams.Samples.Running;
using CrashStreams.Sinks;
using DuckDB.NET.Data;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Samples.Tests.Clickstream;

/// <summary>Real runs on a real broker, compared with the oracle.</summary>
public sealed class ClickstreamRunTests : IAsyncLifetime
{
    private const int Partitions = 6;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

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
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task Hostile_events_give_what_the_oracle_says_and_a_backlog_gives_it_to_any_number_of_instances(int seed, bool isKeyed)
    {
        await HostileShop.AppendAsync(_broker, new HostileShop(seed).Events(6_000, Partitions, isKeyed));

        await RunAsync(Options("first"), instances: 1);
        await RunAsync(Options("second"), instances: 3);

        foreach (var name in new[] { "first", "second" })
        {
            var (events, checks) = await VerifyCommand.CheckAsync(_clients, Options(name), CancellationToken.None);
            events.Should().BeGreaterThan(6_000);
            foreach (var check in checks)
            {
                check.Differences().Should().BeEmpty($"{check.What} of {name}");
                check.Due.Should().BePositive(check.What);
            }
        }
    }

    [Fact]
    public async Task Events_that_come_while_instances_come_and_go_give_the_same()
    {
        var events = new HostileShop(3).Events(6_000, Partitions, isKeyed: false).ToList();
        var options = Options("first");
        await using (await StartAsync(options))
        {
            await HostileShop.AppendAsync(_broker, events.Take(2_000));
            await using var second = await StartAsync(options);
            await HostileShop.AppendAsync(_broker, events.Skip(2_000).Take(2_000));
        }

        await HostileShop.AppendAsync(_broker, events.Skip(4_000));
        await RunAsync(options, instances: 1);

        var (_, checks) = await VerifyCommand.CheckAsync(_clients, options, CancellationToken.None);
        checks.SelectMany(check => check.Differences()).Should().BeEmpty();
    }

    [Fact]
    public async Task Processes_that_are_killed_lose_and_double_nothing_in_topics_and_files()
    {
        var events = new HostileShop(4).Events(9_000, Partitions, isKeyed: false).ToList();
        var options = Options("first");
        var arguments = Arguments(options);
        foreach (var part in events.Chunk(3_000).Take(2))
        {
            await HostileShop.AppendAsync(_broker, part);
            using var one = new SampleProcess("clickstream", ["run", .. arguments]);
            using var other = new SampleProcess("clickstream", ["run", .. arguments]);
            await _broker.WaitUntilAsync(async broker => (await broker.CommittedOffsetsAsync(options.ApplicationId)).Count > 0, TimeSpan.FromSeconds(30));
            one.Crash();
            other.Crash();
        }

        await HostileShop.AppendAsync(_broker, events.Skip(6_000));
        var run = await SampleProcess.RunAsync("clickstream", ["run", .. arguments, "--exit-when-caught-up"]);
        run.ExitCode.Should().Be(0, run.Text);
        var verified = await SampleProcess.RunAsync("clickstream", ["verify", .. arguments]);

        verified.ExitCode.Should().Be(0, verified.Text);
        var (rows, distinct) = CountRows(options.RevenueFolder);
        rows.Should().BePositive().And.Be(distinct, "each row is once over all files");
        Query(ReadmeQuery().Replace("/data/shop/revenue", options.RevenueFolder, StringComparison.Ordinal)).Should().NotBeEmpty().And.OnlyContain(row => row.StartsWith("Bücher|") || row.StartsWith("c1|"));
        Directory.EnumerateFiles(options.RevenueFolder).Should().OnlyContain(file => file.EndsWith(".parquet") || file.EndsWith(".tmp"));
    }

    [Fact]
    public async Task Hours_of_events_that_come_within_seconds_after_a_silence_give_the_same_though_partitions_begin_one_after_the_other()
    {
        var options = Options("first");
        using var run = new SampleProcess("clickstream", ["run", .. Arguments(options)]);
        // A line every five seconds.
        await run.WaitForAsync("0 events/s, 0 in all", times: 3);

        await HostileShop.AppendAsync(_broker, new HostileShop(6).Events(6_000, Partitions, isKeyed: false));

        var began = TimeProvider.System.GetTimestamp();
        while (!(await VerifyCommand.CheckAsync(_clients, options, CancellationToken.None)).Checks.All(static check => check.IsCorrect))
        {
            TimeProvider.System.GetElapsedTime(began).Should().BeLessThan(_patience, run.Text);
            await Task.Delay(_look, TimeProvider.System);
        }
    }

    private ClickstreamOptions Options(string name) => new()
    {
        ApplicationId = name, PageViews = $"{name}-page-views", AnalyticsResults = $"{name}-analytics", Sessions = $"{name}-sessions", Out = Path.Combine(_folder.Path, name), IdleAfter = TimeSpan.FromSeconds(2),
    };

    private string[] Arguments(ClickstreamOptions options) =>
    [
        "-b", _broker.BootstrapServers, "--application", options.ApplicationId, "--page-views", options.PageViews, "--analytics-results", options.AnalyticsResults, "--sessions", options.Sessions,
        "--out", options.Out,
    ];

    private async Task RunAsync(ClickstreamOptions options, int instances)
    {
        await TopicCommands.CreateAsync(_clients, options.Topics(Partitions), CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, instances).Select(async _ =>
        {
            await using var run = await StartAsync(options);
            await run.RunAsync(untilCaughtUp: true, CancellationToken.None);
        }));
    }

    private Task<SampleRun> StartAsync(ClickstreamOptions options) =>
        RunCommand.StartAsync(_clients, options, state: null, LogLevel.Warning, new LocalFolder(options.RevenueFolder), CancellationToken.None);

    private static (long Rows, long Distinct) CountRows(string folder)
    {
        var row = Query($"select count(*), count(distinct (window_start, category)) from read_parquet('{folder}/*.parquet')").Single().Split('|');
        return (long.Parse(row[0], CultureInfo.InvariantCulture), long.Parse(row[1], CultureInfo.InvariantCulture));
    }

    private static List<string> Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(column => Convert.ToString(reader.GetValue(column), CultureInfo.InvariantCulture))));
        return rows;
    }

    private static string ReadmeQuery()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CrashStreams.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return File.ReadAllText(Path.Combine(folder, "samples", "Clickstream", "README.md")).Split("```sql\n")[1].Split("```")[0];
    }
}
