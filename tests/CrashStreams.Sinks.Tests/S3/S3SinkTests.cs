using System.Globalization;
using CrashStreams.Sinks.S3;
using CrashStreams.Testing;

namespace CrashStreams.Sinks.Tests.S3;

/// <summary>A sink whose storage is a real server: away, killed and silent, with an application that crashes.</summary>
public sealed class S3SinkTests : IAsyncLifetime
{
    private readonly S3Server _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Rows_wait_for_storage_that_is_away_at_the_start_and_in_the_middle()
    {
        using var bucket = new S3Bucket(S3Server.Options(_server.Url));
        var sink = Sink(bucket);
        using var driver = Run(sink);
        _server.Kill();

        Pipe(driver, 0, 10);
        await UntilAsync(driver, () => sink.Blocked is not null);
        sink.Blocked.Should().StartWith("no storage answers at http://127.0.0.1:");
        await _server.StartAsync();
        await UntilAsync(driver, () => sink.WaitingRows == 0);
        sink.Blocked.Should().BeNull();

        _server.Kill();
        Pipe(driver, 10, 20);
        await UntilAsync(driver, () => sink.Blocked is not null);
        driver.Restart();
        await _server.StartAsync();
        await UntilAsync(driver, () => sink.WaitingRows == 0);

        (await RowsAsync(bucket)).Should().BeEquivalentTo(Rows(0, 20));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Each_row_is_once_over_all_objects_whatever_requests_and_the_application_meet(int seed)
    {
        await using var gateway = new FaultyGateway(_server.Url, seed);
        using var bucket = new S3Bucket(S3Server.Options(gateway.Url));
        var sink = Sink(bucket);
        using var driver = Run(sink);

        for (var i = 0; i < 40; i += 5)
        {
            Pipe(driver, i, i + 5);
            await UntilAsync(driver, () => sink.WaitingRows <= 10);
            if (i % 20 == 10)
                driver.Restart();
        }

        await UntilAsync(driver, () => sink.WaitingRows == 0);
        gateway.IsFaulty = false;

        (await RowsAsync(bucket)).Should().BeEquivalentTo(Rows(0, 40));
        gateway.Refused.Should().BePositive();
        gateway.LostAnswers.Should().BePositive();
    }

    private static FileSink<string> Sink(S3Bucket bucket) => new("files", Serdes.String, new LineFormat(), bucket) { Folder = static row => $"last-digit={(row[^1] - '0') % 3}", MaxRows = 4 };

    private static TopologyTestDriver Run(FileSink<string> sink)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").ToFiles(builder, sink);
        return new(builder.Build());
    }

    private static IEnumerable<string> Rows(int from, int to) => Enumerable.Range(from, to - from).Select(static i => $"row {i.ToString(CultureInfo.InvariantCulture)}");

    private static void Pipe(TopologyTestDriver driver, int from, int to)
    {
        foreach (var row in Rows(from, to))
            driver.Input<string, string>("in").Pipe("key", row, timestamp: 0);
    }

    // The application's clock goes on as long as the storage needs.
    private static async Task UntilAsync(TopologyTestDriver driver, Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            TimeProvider.System.GetElapsedTime(began).Should().BeLessThan(TimeSpan.FromMinutes(2));
            driver.AdvanceWallClock(TimeSpan.FromMilliseconds(60));
            await Task.Delay(2);
        }
    }

    private static async Task<List<string>> RowsAsync(S3Bucket bucket)
    {
        var rows = new List<string>();
        await foreach (var found in bucket.ListAsync("last-digit=", CancellationToken.None))
            rows.AddRange(LineFormat.Read((await bucket.GetAsync(found.Name, CancellationToken.None))!));
        return rows;
    }
}
