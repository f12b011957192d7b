using CrashStreams.Broker.Tests.Clients;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Data directories that are somebody else's, or of which something is missing: nothing is deleted, and the error says what to do.</summary>
public sealed class HostileDirectoryTests : DataDirectoryTests
{
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
}
