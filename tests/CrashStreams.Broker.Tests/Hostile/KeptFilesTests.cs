using CrashStreams.Broker.Tests.Clients;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>What no topic has, and what the broker did not write, is moved aside or left alone; only what was deleted is deleted.</summary>
public sealed class KeptFilesTests : DataDirectoryTests
{
    [Fact]
    public async Task A_log_that_no_topic_has_is_moved_aside_and_reported()
    {
        await StoreRecords();
        const string Name = "0123456789abcdef0123456789abcdef-7";
        Write($"logs/{Name}/00000000000000000000.log", "records");

        for (var start = 0; start < 2; start++)
        {
            await using var broker = await Start();
            (await broker.ReadAsync("t", 0)).Should().HaveCount(1);
        }

        Directory.Exists(Path.Combine(Root, "logs", Name)).Should().BeFalse();
        File.ReadAllText(Path.Combine(Root, "orphaned", Name, "00000000000000000000.log")).Should().Be("records");
        Log.At(LogLevel.Warning).Should().ContainSingle().Which.Should().Contain($"logs/{Name} was moved to orphaned/{Name}");
    }

    [Fact]
    public async Task A_topic_that_an_older_catalog_does_not_know_is_moved_aside_with_its_records()
    {
        await StoreRecords();
        var older = File.ReadAllText(Path.Combine(Root, "catalog.json"));
        await using (var broker = await Start())
        {
            await broker.CreateTopicAsync("newer");
            await broker.AppendAsync("newer", 0, (null, "x"u8.ToArray()));
        }
        Write("catalog.json", older);
        await using (await Start())
        {
        }
        new FileInfo(Directory.GetFiles(Path.Combine(Root, "orphaned"), "*.log", SearchOption.AllDirectories).Single()).Length.Should().BePositive();
    }

    [Theory]
    [InlineData("application")]
    [InlineData("0123456789abcdef0123456789abcdef-7.old")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF-7")]
    [InlineData("0123456789abcdef0123456789abcdef--1")]
    [InlineData("0123456789abcdef0123456789abcdef-99999999999999999999")]
    public async Task A_folder_between_the_logs_that_is_not_one_is_left_alone_and_reported(string folder)
    {
        await StoreRecords();
        Write($"logs/{folder}/today.log", "precious");
        await using (await Start())
        {
        }
        File.ReadAllText(Path.Combine(Root, "logs", folder, "today.log")).Should().Be("precious");
        Log.At(LogLevel.Warning).Should().ContainSingle().Which.Should().Contain($"logs/{folder} is not a log of this broker");
    }

    [Fact]
    public async Task Deleting_a_topic_deletes_no_file_that_the_broker_did_not_write()
    {
        await StoreRecords();
        var partition = Path.GetFileName(Directory.GetDirectories(Path.Combine(Root, "logs"), "*-0").Single());
        Write($"logs/{partition}/notes.txt", "precious");
        Write($"logs/{partition}/folder/notes.txt", "precious");
        await using var broker = await Start();

        using (var admin = Client.Admin(broker))
            await admin.DeleteTopicsAsync(["t"]);

        await broker.WaitUntilAsync(_ => Task.FromResult(Directory.GetDirectories(Path.Combine(Root, "logs")).Length == 0));
        Directory.GetFileSystemEntries(Path.Combine(Root, "orphaned", partition)).Select(Path.GetFileName).Should().BeEquivalentTo("notes.txt", "folder");
        File.ReadAllText(Path.Combine(Root, "orphaned", partition, "folder/notes.txt")).Should().Be("precious");
    }

    [Fact]
    public async Task Files_in_a_log_that_look_like_leftovers_but_are_not_the_brokers_stay()
    {
        await StoreRecords();
        var partition = Directory.GetDirectories(Path.Combine(Root, "logs"), "*-0").Single();
        string[] files = ["notes.tmp", "report.cleaned", "a-b.swap", "0-5.swap", "-1.log", "7.log"];
        foreach (var file in files)
            File.WriteAllText(Path.Combine(partition, file), "precious");

        await using (var broker = await Start())
            (await broker.ReadAsync("t", 0)).Should().HaveCount(1);

        foreach (var file in files)
            File.ReadAllText(Path.Combine(partition, file)).Should().Be("precious");
    }

    [Fact]
    public async Task A_deletion_that_a_crash_interrupted_is_finished_by_the_next_start()
    {
        await StoreRecords();
        var catalog = File.ReadAllText(Path.Combine(Root, "catalog.json"));
        var deleted = Path.GetFileName(Directory.GetDirectories(Path.Combine(Root, "logs"), "*-0").Single())[..32];
        var topics = catalog.IndexOf("\"topics\"", StringComparison.Ordinal);
        Write("catalog.json", catalog[..topics] + $"\"topics\":[],\"deleted\":[\"{Guid.ParseExact(deleted, "N")}\"]}}");

        await using (await Start())
        {
        }

        Directory.GetDirectories(Path.Combine(Root, "logs")).Should().BeEmpty();
        Directory.Exists(Path.Combine(Root, "orphaned")).Should().BeFalse();
    }

    [Fact]
    public async Task What_a_linked_partition_folder_holds_besides_the_log_survives_the_deletion_of_its_topic()
    {
        await StoreRecords();
        using var elsewhere = new TemporaryDirectory();
        var partition = Directory.GetDirectories(Path.Combine(Root, "logs"), "*-0").Single();
        var target = Path.Combine(elsewhere.Path, "partition");
        Directory.Move(partition, target);
        Directory.CreateSymbolicLink(partition, target);
        File.WriteAllText(Path.Combine(target, "notes.txt"), "precious");

        await using (var broker = await Start())
        {
            (await broker.ReadAsync("t", 0)).Should().HaveCount(1);
            using var admin = Client.Admin(broker);
            await admin.DeleteTopicsAsync(["t"]);
        }

        File.ReadAllText(Path.Combine(target, "notes.txt")).Should().Be("precious");
    }
}
