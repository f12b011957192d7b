using System.Text;
using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Broker.Topics;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>What topics there are, on disk: a file, and a journal of what has changed since.</summary>
public class CatalogTests
{
    private readonly FailingStorage _disk = new();

    [Fact]
    public void What_was_changed_is_there_after_a_kill()
    {
        var host = Start();
        Create(host, "deleted");
        Create(host, "t");
        Grow(host, "t", 3);
        Configure(host, "t", "1234");
        Delete(host, "deleted");
        host.Core.Abandon();

        var restarted = Start();

        restarted.Core.Topics.Topics.Should().ContainSingle();
        restarted.Core.Topics.Find("t")!.Partitions.Should().HaveCount(3);
        restarted.Core.Topics.Find("t")!.Configs.Set.Should().ContainSingle().Which.Value.Should().Be("1234");
        _disk.Directories("logs").Should().HaveCount(3);
        _disk.Directories("orphaned").Should().BeEmpty();
    }

    [Fact]
    public void A_change_appends_to_the_journal_and_leaves_the_file_as_it_is()
    {
        var host = Start();
        Create(host, "first");
        var file = AtomicFile.Read(_disk, CatalogFile.Path);
        var length = Journal().Length;

        Create(host, "second");

        AtomicFile.Read(_disk, CatalogFile.Path).Should().Equal(file);
        Journal().Length.Should().BeGreaterThan(length);
    }

    [Fact]
    public void A_stop_in_good_order_leaves_a_file_alone_which_brokers_of_before_read()
    {
        var host = Start();
        Create(host, "t");

        host.Core.Close();

        Journals().Should().BeEmpty();
        Encoding.UTF8.GetString(AtomicFile.Read(_disk, CatalogFile.Path)).Should().Contain("\"version\": 1").And.Contain("\"name\":\"t\"");
        Start().Core.Topics.Find("t").Should().NotBeNull();
    }

    [Fact]
    public void A_journal_that_has_become_long_is_replaced_by_a_new_file()
    {
        var host = Start();
        Create(host, "t");
        var first = Journals().Single();

        for (var i = 0; i < 1000; i++)
            Configure(host, "t", $"{1000 + i}");
        host.Core.Abandon();

        Journals().Should().ContainSingle().Which.Should().NotBe(first);
        Journal().Length.Should().BeLessThan(70_000);
        Start().Core.Topics.Find("t")!.Configs.Set.Should().ContainSingle().Which.Value.Should().Be("1999");
    }

    /// <summary>Each change of files and names is the last one in turn: whatever was answered is there, and the start finds no fault.</summary>
    [Fact]
    public void Wherever_the_process_ends_the_next_start_finds_what_was_answered()
    {
        var isWhole = false;
        for (var left = 0; !isWhole; left++)
        {
            var disk = new FailingStorage();
            var host = new CoreHost(storage: disk);
            Create(host, "before");
            disk.OperationsLeft = left;
            var steps = new Func<ErrorCode>[]
            {
                () => Create(host, "t"), () => Grow(host, "t", 3), () => Configure(host, "t", "1234"), () => Create(host, "u"), () => Delete(host, "t"), () => Create(host, "t"),
            };
            var answered = steps.TakeWhile(step => step() == ErrorCode.None).Count();
            isWhole = answered == steps.Length;
            host.Core.Abandon();
            disk.OperationsLeft = null;

            var topics = new CoreHost(storage: disk).Core.Topics;

            var because = $"{answered} changes were answered when {left} operations had worked";
            topics.Find("before").Should().NotBeNull(because);
            var t = topics.Find("t");
            if (answered is 1 or 2 or 3)
                t.Should().NotBeNull(because);
            if (answered is 2 or 3)
                t!.Partitions.Should().HaveCount(3, because);
            if (answered is 3)
                t!.Configs.Set.Should().ContainSingle(because).Which.Value.Should().Be("1234", because);
            if (answered is 5 && t is not null)
                t.Partitions.Should().ContainSingle(because);
            if (answered >= 4)
                topics.Find("u").Should().NotBeNull(because);
            if (answered is 6)
                t!.Partitions.Should().ContainSingle(because);
        }
    }

    [Fact]
    public void A_change_that_a_full_disk_refused_has_not_happened()
    {
        var host = Start();
        Create(host, "t");
        _disk.IsFull = true;
        Create(host, "refused").Should().Be(ErrorCode.KafkaStorageError);
        Configure(host, "t", "1234").Should().Be(ErrorCode.KafkaStorageError);
        Delete(host, "t").Should().Be(ErrorCode.KafkaStorageError);
        host.Core.Topics.Find("t")!.Configs.Set.Should().BeEmpty();
        _disk.IsFull = false;

        Create(host, "later").Should().Be(ErrorCode.None);
        host.Core.Abandon();

        Start().Core.Topics.Topics.Select(topic => topic.Name).Should().Equal("later", "t");
    }

    [Fact]
    public void What_a_write_that_was_cut_off_has_left_is_no_change()
    {
        var host = Start();
        Create(host, "t");
        host.Core.Abandon();
        var length = Journal().Length;
        Append(CatalogJournal.LineOf(Guid.NewGuid())[..^1]);

        host = Start();
        host.Core.Topics.Find("t").Should().NotBeNull();
        Journal().Length.Should().Be(length);
        Create(host, "u");
        host.Core.Abandon();

        Start().Core.Topics.Topics.Should().HaveCount(2);
    }

    [Fact]
    public void A_damaged_journal_is_refused()
    {
        var host = Start();
        Create(host, "t");
        Create(host, "u");
        host.Core.Abandon();
        _disk.Damage(Journals().Single(), 20);

        var start = Start;

        start.Should().Throw<InvalidDataException>().WithMessage("*journal is damaged at byte 0 (a checksum is wrong)*Restore it*");
    }

    [Fact]
    public void A_journal_that_is_missing_is_not_an_empty_one()
    {
        var host = Start();
        Create(host, "t");
        host.Core.Abandon();
        _disk.Delete(Journals().Single());

        var start = Start;

        start.Should().Throw<InvalidDataException>().WithMessage("*journal*is missing. Restore it*");
        _disk.Directories("logs").Should().ContainSingle();
    }

    [Fact]
    public void A_journal_of_another_file_is_not_read()
    {
        var host = Start();
        Create(host, "t");
        host.Core.Close();
        var file = AtomicFile.Read(_disk, CatalogFile.Path);
        host = Start();
        Create(host, "newer");
        host.Core.Abandon();
        AtomicFile.Write(_disk, CatalogFile.Path, file, flush: true);

        host = Start();

        host.Core.Topics.Topics.Select(topic => topic.Name).Should().Equal("t");
        Journals().Should().BeEmpty();
        _disk.Directories("orphaned").Should().ContainSingle();
    }

    private CoreHost Start() => new(storage: _disk);

    private IEnumerable<string> Journals() => _disk.Files("").Where(CatalogJournal.IsName);

    private byte[] Journal() => AtomicFile.Read(_disk, Journals().Single());

    private void Append(byte[] bytes)
    {
        using var file = _disk.Open(Journals().Single(), create: false);
        file.Write(file.Length, bytes);
    }

    private static ErrorCode Create(CoreHost host, string name) => Answer(host, host.Send<CreateTopicsRequest, CreateTopicsResponse>(
        new() { Topics = [new() { Name = name, NumPartitions = 1, ReplicationFactor = 1 }] })).Topics[0].ErrorCode;

    private static ErrorCode Grow(CoreHost host, string name, int partitions) => Answer(host, host.Send<CreatePartitionsRequest, CreatePartitionsResponse>(
        new() { Topics = [new() { Name = name, Count = partitions, Assignments = null }] })).Results[0].ErrorCode;

    private static ErrorCode Configure(CoreHost host, string name, string retentionMs) => Answer(host, host.Send<AlterConfigsRequest, AlterConfigsResponse>(
        new() { Resources = [new() { ResourceType = 2, ResourceName = name, Configs = [new() { Name = "retention.ms", Value = retentionMs }] }] })).Responses[0].ErrorCode;

    private static ErrorCode Delete(CoreHost host, string name) => Answer(host, host.Send<DeleteTopicsRequest, DeleteTopicsResponse>(new() { Topics = [new() { Name = name }] })).Responses[0].ErrorCode;

    private static T Answer<T>(CoreHost host, Answer<T> answer)
        where T : class
    {
        for (var turn = 0; turn < 100 && !answer.IsThere; turn++)
            host.Advance(10);
        return answer.Now;
    }
}
