using System.Net.Sockets;

namespace CrashStreams.Broker.Tests.Clients;

/// <summary>What a stop gives back. Files are counted by name and ports one by one, so that nothing else can hide a leak.</summary>
[Collection(AloneCollection.Name)]
public sealed class StartStopTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("start-stop-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_hundred_starts_and_stops_on_disk_with_clients_leave_no_file_port_or_thread()
    {
        var threads = 0;
        var ports = new List<int>();
        for (var i = 0; i <= 100; i++)
        {
            if (i == 1)
                threads = Threads();
            await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = _directory, AutoCreateTopics = true });
            ports.Add(broker.Port);
            using var client = new TcpClient("127.0.0.1", broker.Port);
            if (i % 20 == 0)
                await Client.Produce(broker, "t", [("k", $"v{i}")], config => config.LingerMs = 0);
            OpenFiles.Below(_directory).Should().NotBeEmpty("the check has to see open files");
        }

        OpenFiles.Below(_directory).Should().BeEmpty();
        foreach (var port in ports)
            IsListening(port).Should().BeFalse($"port {port} belonged to a broker that has stopped");
        Threads().Should().BeLessThan(threads + 20, "less than one for five starts: the pool of threads comes and goes");
    }

    [Fact]
    public async Task A_hundred_starts_and_stops_in_memory_leave_no_file_or_thread()
    {
        await using (await EmbeddedBroker.StartAsync())
        {
        }
        var files = Directory.GetFiles("/proc/self/fd").Length;
        var threads = Threads();
        for (var i = 0; i < 100; i++)
        {
            await using var broker = await EmbeddedBroker.StartAsync();
            await broker.CreateTopicAsync("t");
        }

        // Less than one for five starts: the pool of threads comes and goes.
        Directory.GetFiles("/proc/self/fd").Length.Should().BeLessThan(files + 20);
        Threads().Should().BeLessThan(threads + 20);
    }

    private static int Threads() => Directory.GetDirectories("/proc/self/task").Length;

    private static bool IsListening(int port)
    {
        // Other processes may have taken a port since; what counts is a socket of this one. State 0A is LISTEN.
        var inodes = Directory.GetFiles("/proc/self/fd").Select(descriptor => new FileInfo(descriptor).LinkTarget ?? "").Where(target => target.StartsWith("socket:[", StringComparison.Ordinal)).ToHashSet();
        return File.ReadLines("/proc/self/net/tcp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(fields => fields[3] == "0A" && fields[1].EndsWith($":{port:X4}", StringComparison.Ordinal) && inodes.Contains($"socket:[{fields[9]}]"));
    }
}
