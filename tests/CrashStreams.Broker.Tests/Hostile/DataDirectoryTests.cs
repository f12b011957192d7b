using CrashStreams.Broker.Tests.Clients;

namespace CrashStreams.Broker.Tests.Hostile;

/// <summary>Tests of what a start finds in a data directory, and what it makes of it.</summary>
public abstract class DataDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private protected LogLines Log { get; } = new();

    protected string Root => _temporary.Path;

    public void Dispose()
    {
        _temporary.Dispose();
        GC.SuppressFinalize(this);
    }

    protected async Task StoreRecords()
    {
        await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = Root });
        await broker.CreateTopicAsync("t", partitions: 2);
        await broker.AppendAsync("t", 0, (null, "v"u8.ToArray()));
    }

    protected Task<EmbeddedBroker> Start() => EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = Root, LoggerFactory = Log });

    protected async Task Refused(string message) => await FluentActions.Awaiting(Start).Should().ThrowAsync<InvalidDataException>().WithMessage(message);

    protected void Write(string path, string content)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }

    /// <summary>Every file with what is in it.</summary>
    protected List<string> Contents() => [.. Directory.GetFiles(Root, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ".lock")
        .Order(StringComparer.Ordinal).Select(file => $"{file}: {Convert.ToHexString(File.ReadAllBytes(file))}")];
}
