using System.Runtime.Versioning;
using CrashStreams.Broker.Tests.Clients;
using CrashStreams.Broker.Tests.Core;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Data directories that can't be used, and who else may see what is in one.</summary>
public sealed class UnusableDirectoryTests : DataDirectoryTests
{
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

    private static byte[] Record(int size)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), "k"u8.ToArray(), new byte[size]);
        return builder.Build()[RecordBatchHeader.Size..].ToArray();
    }
}
