using CrashStreams.Broker;
using CrashStreams.Kafka;
using CrashStreams.Samples.Clickstream;
using CrashStreams.Samples.Clickstream.Commands;
using CrashStreams.Samples.Running;

namespace CrashStreams.Samples.Tests.Clickstream;

/// <summary>A folder for files that takes none: full, or read-only.</summary>
public class DiskTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task Rows_wait_for_a_full_disk_which_is_told_with_what_to_do_and_none_is_lost_or_there_twice()
    {
        using var folder = new TemporaryFolder();
        using var disk = new SmallDisk(Path.Combine(folder.Path, "disk"));
        await using var broker = await EmbeddedBroker.StartAsync();
        var clients = new KafkaLogClients(new() { BootstrapServers = broker.BootstrapServers });
        var options = new ClickstreamOptions { Out = disk.Path };
        await TopicCommands.CreateAsync(clients, options.Topics(6), CancellationToken.None);
        await HostileShop.AppendAsync(broker, new HostileShop(5).Events(6_000, 6, isKeyed: false));
        disk.Fill();
        using var run = new SampleProcess("clickstream", "run", "-b", broker.BootstrapServers, "--out", disk.Path);
        await run.WaitForAsync("free space on its disk or permit writing there");

        disk.Free();

        var began = TimeProvider.System.GetTimestamp();
        while (!(await VerifyCommand.CheckAsync(clients, options, CancellationToken.None)).Checks.All(static check => check.IsCorrect))
        {
            TimeProvider.System.GetElapsedTime(began).Should().BeLessThan(_patience, run.Text);
            await Task.Delay(_look, TimeProvider.System);
        }

        run.Interrupt();
        var (exitCode, text) = await run.EndAsync();
        exitCode.Should().Be(0, text);
        text.Should().Contain("No space left on device");
        Directory.GetFiles(options.RevenueFolder, "*.parquet").Should().NotBeEmpty();
        Directory.GetFiles(options.RevenueFolder, ".*").Should().BeEmpty("nothing half-written stays");
    }

    [Fact]
    public async Task A_full_disk_is_told_at_the_start_and_nothing_is_left_on_it()
    {
        using var folder = new TemporaryFolder();
        using var disk = new SmallDisk(Path.Combine(folder.Path, "disk"));
        disk.Fill();
        await File.WriteAllBytesAsync(Path.Combine(disk.Path, "last"), new byte[SmallDisk.Page]);

        var (exitCode, text) = await SampleProcess.RunAsync("clickstream", "run", "-b", "127.0.0.1:1", "--out", disk.Path);

        exitCode.Should().Be(2, text);
        text.Should().ContainAll("nothing can be written to the folder", "free space on its disk");
        Directory.GetFiles(new ClickstreamOptions { Out = disk.Path }.RevenueFolder).Should().BeEmpty();
    }

    [Fact]
    public async Task A_read_only_folder_is_told_before_anything_is_read()
    {
        using var folder = new TemporaryFolder();
        using var disk = new SmallDisk(Path.Combine(folder.Path, "disk"));
        disk.Protect(true);

        var (exitCode, text) = await SampleProcess.RunAsync("clickstream", "run", "-b", "127.0.0.1:1", "--out", disk.Path);

        exitCode.Should().Be(2, text);
        text.Should().ContainAll("nothing can be written to the folder", "Read-only file system", "Choose another folder, permit writing there, or free space on its disk.").And.NotContain("   at ");
    }
}
