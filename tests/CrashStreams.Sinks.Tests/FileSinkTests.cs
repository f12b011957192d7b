using CrashStreams.Testing;

namespace CrashStreams.Sinks.Tests;

public class FileSinkTests
{
    private readonly ManualStorage _storage = new();

    [Fact]
    public void Rows_between_two_commits_are_in_one_file_whose_name_says_which()
    {
        using var driver = Run(new("rows", Serdes.String, new LineFormat(), _storage));

        driver.Pipe("a", "b");

        _storage.Files.Keys.Should().AllSatisfy(name => name.Should().MatchRegex(@"^app-rows-0-\d{12}-\d{12}-[0-9a-f]{8}\.txt$"));
        _storage.Rows.Should().Equal("a", "b");
    }

    [Fact]
    public void Rows_wait_for_others_until_their_age_or_number_is_reached()
    {
        using var driver = Run(new("rows", Serdes.String, new LineFormat(), _storage) { MaxAge = TimeSpan.FromMinutes(1), MaxRows = 3 });

        driver.Pipe("a", "b");
        _storage.Files.Should().BeEmpty();
        driver.Pipe("c", "d");
        _storage.Rows.Should().Equal("a", "b", "c");
        driver.Driver.AdvanceWallClock(TimeSpan.FromMinutes(1));

        driver.Pass();
        _storage.Rows.Should().Equal("a", "b", "c", "d");
        _storage.Files.Should().HaveCount(2);
    }

    [Fact]
    public void Each_row_goes_to_its_folder()
    {
        using var driver = Run(new("rows", Serdes.String, new LineFormat(), _storage) { Folder = row => $"length={row.Length}", MaxAge = TimeSpan.FromSeconds(1) });

        driver.Pipe("a", "bb", "c");
        driver.Driver.AdvanceWallClock(TimeSpan.FromSeconds(1));
        driver.Pass();

        _storage.Files.ToDictionary(file => file.Key.Split('/')[0], file => string.Join(' ', LineFormat.Read(file.Value))).Should()
            .Equal(new Dictionary<string, string> { ["length=1"] = "a c", ["length=2"] = "bb" });
    }

    [Fact]
    public void Storage_that_refuses_loses_nothing_and_the_sink_says_why_rows_wait()
    {
        var sink = new FileSink<string>("rows", Serdes.String, new LineFormat(), _storage);
        using var driver = Run(sink);
        _storage.Fault = new IOException("the disk is full");

        driver.Pipe("a");
        driver.Pipe("b");
        (sink.Blocked, sink.WaitingRows).Should().Be(("the disk is full", 2L));
        _storage.Fault = null;
        driver.Driver.AdvanceWallClock(TimeSpan.FromSeconds(2));
        driver.Pass();

        (sink.Blocked, sink.WaitingRows).Should().Be((null, 0L));
        _storage.Rows.Should().Equal("a", "b");
    }

    [Fact]
    public void After_a_restart_what_was_decided_is_written_again_under_the_same_name()
    {
        using var driver = Run(new("rows", Serdes.String, new LineFormat(), _storage));
        _storage.Fault = new IOException("no answer, although it was written");
        _storage.WritesAllTheSame = true;

        driver.Pipe("a");
        var before = _storage.Files.Keys.ToList();
        _storage.Fault = null;
        driver.Driver.Restart();
        driver.Pass();

        _storage.Files.Keys.Should().Equal(before).And.ContainSingle();
        _storage.Puts.Should().BeGreaterThan(1);
    }

    private static Running Run(FileSink<string> sink)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").ToFiles(builder, sink);
        return new(new(builder.Build()));
    }

    private sealed class Running(TopologyTestDriver driver) : IDisposable
    {
        public TopologyTestDriver Driver => driver;

        public void Pipe(params string[] rows)
        {
            foreach (var row in rows)
                driver.Input<string, string>("in").Pipe("key", row, timestamp: 0);
            Pass();
        }

        /// <summary>Time for a decision, its commit, and a look whether the file was written.</summary>
        public void Pass()
        {
            for (var i = 0; i < 4; i++)
                driver.AdvanceWallClock(TimeSpan.FromMilliseconds(60));
        }

        public void Dispose() => driver.Dispose();
    }

    private sealed class ManualStorage : IFileStorage
    {
        public Dictionary<string, byte[]> Files { get; } = [];

        public IEnumerable<string> Rows => Files.OrderBy(file => file.Key, StringComparer.Ordinal).SelectMany(file => LineFormat.Read(file.Value));

        public Exception? Fault { get; set; }

        public bool WritesAllTheSame { get; set; }

        public int Puts { get; private set; }

        public Task PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellation)
        {
            Puts++;
            if (Fault is null || WritesAllTheSame)
                Files[name] = content.ToArray();
            return Fault is null ? Task.CompletedTask : Task.FromException(Fault);
        }
    }
}
