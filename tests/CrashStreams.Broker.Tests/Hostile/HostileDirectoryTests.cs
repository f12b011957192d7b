using System.Runtime.Versioning;
using CrashStreams.Broker.Tests.Clients;
using CrashStreams.Broker.Tests.Core;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Data directories that are somebody else's, or of which something is missing: nothing is deleted, and the error says what to do.</summary>
public sealed class HostileDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly LogLines _log = new();

    private string Root => _temporary.Path;

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("logs/application/today.log")]
    [InlineData("logs/0123456789abcdef0123456789abcdef-0/00000000000000000000.log")]
    [InlineData("README.md")]
    [InlineData("journals/groups/00000000000000000000.log")]
    [InlineData("00000000000000000000.log")]
    [InlineData("download.tmp")]
    public async Task A_directory_of_somebody_else_is_refused_and_left_as_it_is(string path)
    {
        Write(path, "precious");
        var before = Contents();

        await Refused($"*{Root}*neither empty nor the data of a broker*{path.Split('/')[0]}*no catalog.json*Choose an empty data directory*");

        Contents().Should().Equal(before);
    }

    [Fact]
    public async Task A_directory_with_nothing_but_hidden_files_counts_as_empty()
    {
        Write(".gitkeep", "");
        Directory.CreateDirectory(Path.Combine(Root, "lost+found"));
        await using var broker = await Start();
        await broker.CreateTopicAsync("t");
    }

    [Fact]
    public async Task A_missing_catalog_is_not_an_empty_catalog()
    {
        await StoreRecords();
        File.Delete(Path.Combine(Root, "catalog.json"));
        var before = Contents();

        await Refused("*catalog.json*is missing. Restore it*");

        Contents().Should().Equal(before);
    }

    [Fact]
    public async Task A_catalog_and_a_marker_that_are_missing_do_not_make_the_data_somebody_elses_to_delete()
    {
        await StoreRecords();
        File.Delete(Path.Combine(Root, "catalog.json"));
        File.Delete(Path.Combine(Root, "broker.json"));
        var before = Contents();

        await Refused("*neither empty nor the data of a broker*restore catalog.json*");

        Contents().Should().Equal(before);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"name\":\"somebody's package\",\"version\":\"1.0\"}")]
    [InlineData("{\"version\":1,\"clusterId\":null,\"topics\":[]}")]
    [InlineData("{\"version\":1,\"clusterId\":\"x\",\"topics\":[{\"id\":\"no guid\",\"name\":\"t\",\"partitions\":1,\"configs\":{}}]}")]
    [InlineData("{\"version\":1,\"clusterId\":\"x\",\"topics\":[{\"id\":\"7d4c1c9e-4a44-4b38-8a0b-3f0a4bb8b6a1\",\"name\":\"../t\",\"partitions\":1,\"configs\":{}}]}")]
    [InlineData("{\"version\":1,\"clusterId\":\"x\",\"topics\":[{\"id\":\"7d4c1c9e-4a44-4b38-8a0b-3f0a4bb8b6a1\",\"name\":\"t\",\"partitions\":-1,\"configs\":{}}]}")]
    [InlineData("{\"version\":1,\"clusterId\":\"x\",\"topics\":[{\"id\":\"7d4c1c9e-4a44-4b38-8a0b-3f0a4bb8b6a1\",\"name\":\"t\",\"partitions\":1,\"configs\":{\"retention.ms\":7}}]}")]
    public async Task A_catalog_that_is_damaged_is_refused(string catalog)
    {
        await StoreRecords();
        Write("catalog.json", catalog);
        var before = Contents();

        await Refused("*catalog.json*damaged*Restore it*");

        Contents().Should().Equal(before);
    }

    [Fact]
    public async Task The_catalog_of_another_broker_is_refused()
    {
        using var other = new TemporaryDirectory();
        await using (await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = other.Path }))
        {
        }
        await StoreRecords();
        File.Copy(Path.Combine(other.Path, "catalog.json"), Path.Combine(Root, "catalog.json"), overwrite: true);
        var before = Contents();

        await Refused("*belongs to another cluster*");

        Contents().Should().Equal(before);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"format\":\"something else\",\"version\":1,\"clusterId\":\"x\"}")]
    [InlineData("{\"format\":\"crashstreams-broker\",\"version\":1}")]
    public async Task A_damaged_marker_is_refused(string marker)
    {
        await StoreRecords();
        Write("broker.json", marker);
        await Refused("*broker.json*damaged*");
    }

    [Fact]
    public async Task Data_of_a_newer_format_is_refused()
    {
        await StoreRecords();
        Write("broker.json", "{\"format\":\"crashstreams-broker\",\"version\":2,\"clusterId\":\"x\"}");
        await Refused("*format 2*newer broker*");
    }

    [Fact]
    public async Task Data_from_before_there_were_markers_opens_and_gets_one()
    {
        await StoreRecords();
        File.Delete(Path.Combine(Root, "broker.json"));

        await using (var broker = await Start())
            (await broker.ReadAsync("t", 0)).Should().HaveCount(1);

        File.Exists(Path.Combine(Root, "broker.json")).Should().BeTrue();
    }

    [Fact]
    public async Task A_partition_whose_folder_is_missing_is_not_an_empty_partition()
    {
        await StoreRecords();
        var partition = Directory.GetDirectories(Path.Combine(Root, "logs"), "*-1").Single();
        Directory.Move(partition, Path.Combine(Root, "elsewhere"));
        var before = Contents();

        await Refused($"*Data is missing*{Path.GetFileName(partition)} (t-1)*Restore it*");
        Contents().Should().Equal(before);

        // As the message says, whoever wants to go on without the data can say so.
        Directory.CreateDirectory(partition);
        await using var broker = await Start();
        (await broker.ReadAsync("t", 0)).Should().HaveCount(1);
        (await broker.ReadAsync("t", 1)).Should().BeEmpty();
    }

    [Theory]
    [InlineData("groups")]
    [InlineData("transactions")]
    public async Task A_missing_journal_is_not_an_empty_journal(string journal)
    {
        await StoreRecords();
        Directory.Delete(Path.Combine(Root, "journals", journal), recursive: true);
        await Refused($"*Data is missing*journals/{journal}*");
    }

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
        _log.At(LogLevel.Warning).Should().ContainSingle().Which.Should().Contain($"logs/{Name} was moved to orphaned/{Name}");
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
        _log.At(LogLevel.Warning).Should().ContainSingle().Which.Should().Contain($"logs/{folder} is not a log of this broker");
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
    public async Task A_file_is_no_data_directory()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, "mine", TestContext.Current.CancellationToken);

        await FluentActions.Awaiting(() => EmbeddedBroker.StartAsync(new() { DataDirectory = file })).Should().ThrowAsync<InvalidDataException>().WithMessage($"*{file} is a file*");

        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Should().Be("mine");
        File.Delete(file);
    }

    [Theory]
    [InlineData("file/below", "*can't be made: *file is a file. Choose a folder*")]
    [InlineData("dangling", "*dangling is a link to /nowhere/at/all, which is no folder. Choose a folder*")]
    public async Task What_is_no_folder_and_can_hold_none_is_told_with_what_to_do(string path, string message)
    {
        Directory.CreateDirectory(Root);
        await File.WriteAllTextAsync(Path.Combine(Root, "file"), "mine", TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(Path.Combine(Root, "dangling"), "/nowhere/at/all");

        await FluentActions.Awaiting(() => EmbeddedBroker.StartAsync(new() { DataDirectory = Path.Combine(Root, path) })).Should().ThrowAsync<InvalidDataException>().WithMessage(message);
    }

    /// <summary>Nobody can make a folder there, whoever it is.</summary>
    [Fact]
    public async Task A_folder_that_cannot_be_made_is_told_with_what_to_do() =>
        await FluentActions.Awaiting(() => EmbeddedBroker.StartAsync(new() { DataDirectory = "/proc/nope" })).Should().ThrowAsync<IOException>().WithMessage("The data directory /proc/nope can't be made: *. Choose a folder that * may write to*");

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    public async Task A_folder_without_a_name_is_told_with_what_to_do(string path) =>
        await FluentActions.Awaiting(() => EmbeddedBroker.StartAsync(new() { DataDirectory = path })).Should().ThrowAsync<ArgumentException>().WithMessage("*DataDirectory must name a folder*");

    [Fact]
    public async Task A_full_disk_is_told_with_what_to_do()
    {
        Directory.CreateDirectory(Root);
        var full = new FailingStorage { IsFull = true };

        await FluentActions.Awaiting(() => EmbeddedBroker.StartAsync(new() { DataDirectory = Root, Storage = full })).Should().ThrowAsync<IOException>().WithMessage($"The data directory {Root} can't be *Make room there*");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told()
    {
        await using var broker = await EmbeddedBroker.StartAsync();

        await FluentActions.Awaiting(() => EmbeddedBroker.StartAsync(new() { Port = broker.Port })).Should().ThrowAsync<System.Net.Sockets.SocketException>().WithMessage($"*can't listen on*{broker.Port}*Choose another port, or 0*");
    }

    [Fact]
    public async Task A_second_broker_is_refused_also_when_the_lock_file_was_deleted()
    {
        await using var broker = await Start();
        File.Delete(Path.Combine(Root, ".lock"));
        await FluentActions.Awaiting(Start).Should().ThrowAsync<IOException>().WithMessage("*in use by another broker*");
    }

    [Theory]
    [InlineData("inner")]
    [InlineData("logs/inner")]
    public async Task A_directory_inside_the_data_of_another_broker_is_refused(string inner)
    {
        await StoreRecords();
        var directory = Path.Combine(Root, inner);
        await FluentActions.Awaiting(() => EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = directory }))
            .Should().ThrowAsync<InvalidDataException>().WithMessage($"*{directory} lies in the data of another broker, {Root}*");
        Directory.Exists(directory).Should().BeFalse();
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_owner_can_read_what_is_stored()
    {
        var inner = Path.Combine(Root, "data");
        await using (var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = inner }))
        {
            await broker.CreateTopicAsync("t");
            await broker.AppendAsync("t", 0, (null, "v"u8.ToArray()));
        }
        foreach (var directory in Directory.GetDirectories(inner, "*", SearchOption.AllDirectories).Append(inner))
            File.GetUnixFileMode(directory).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, directory);
        foreach (var file in Directory.GetFiles(inner, "*", SearchOption.AllDirectories))
            File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
    }

    [Fact]
    public async Task Clients_do_not_learn_where_the_data_is()
    {
        await using var broker = await Start();
        await broker.CreateTopicAsync("t", configs: new Dictionary<string, string> { ["segment.bytes"] = "1024" });
        Directory.Delete(Directory.GetDirectories(Path.Combine(Root, "logs")).Single(), recursive: true);
        using var client = new RawClient(broker);
        var batch = RawClient.Batch(CompressionCodec.None, Record(600), 1);
        (ErrorCode Error, string? Message) answer = default;
        for (var i = 0; i < 3 && answer.Error == ErrorCode.None; i++)
            answer = await client.Produce("t", [.. batch]);

        answer.Error.Should().Be(ErrorCode.KafkaStorageError);
        answer.Message.Should().Contain("Not found").And.NotContain(Root);
    }

    [Fact]
    public async Task A_link_to_a_data_directory_is_that_directory()
    {
        await StoreRecords();
        using var elsewhere = new TemporaryDirectory();
        var link = Path.Combine(elsewhere.Path, "link");
        Directory.CreateSymbolicLink(link, Root);
        await using (var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = link }))
        {
            (await broker.ReadAsync("t", 0)).Should().HaveCount(1);
            await FluentActions.Awaiting(Start).Should().ThrowAsync<IOException>().WithMessage("*in use by another broker*");
        }
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

    private static byte[] Record(int size)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), "k"u8.ToArray(), new byte[size]);
        return builder.Build()[RecordBatchHeader.Size..].ToArray();
    }

    private async Task StoreRecords()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = Root });
        await broker.CreateTopicAsync("t", partitions: 2);
        await broker.AppendAsync("t", 0, (null, "v"u8.ToArray()));
    }

    private Task<EmbeddedBroker> Start() => EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = Root, LoggerFactory = _log });

    private async Task Refused(string message) => await FluentActions.Awaiting(Start).Should().ThrowAsync<InvalidDataException>().WithMessage(message);

    private void Write(string path, string content)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    /// <summary>Every file with what is in it.</summary>
    private List<string> Contents() => [.. Directory.GetFiles(Root, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ".lock")
        .Order(StringComparer.Ordinal).Select(file => $"{file}: {Convert.ToHexString(File.ReadAllBytes(file))}")];
}
