using System.Diagnostics;
using System.Globalization;
using CrashStreams.Protocol.Messages;

namespace CrashStreams.Broker.Benchmarks.Scale;

/// <summary>A topic of the run.</summary>
internal sealed record ScaleTopic(string Name, Guid Id, int Partitions);

/// <summary>
/// 1,000 partitions (20 topics of 50), 1,000 connections, 200 groups of two members: 400 connections heartbeat and commit, 400 fetch (each record goes to
/// 10 groups), 200 produce a batch of 10 records twice a second. Broker and clients share the machine.
/// </summary>
internal static class ScaleRun
{
    private const int TopicCount = 20;
    private const int PartitionsPerTopic = 50;
    private const int Groups = 200;
    private const int MembersPerGroup = 2;
    private const int Producers = 200;
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ProduceInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>True when no request failed and every member kept its partitions.</summary>
    public static async Task<bool> RunAsync(int seconds)
    {
        var directory = Directory.CreateTempSubdirectory("broker-scale").FullName;
        var counts = new ScaleCounts();
        using (var broker = await ServedBroker.StartAsync(directory))
        {
            var topics = await CreateTopicsAsync(broker.BootstrapServers);
            Print("topics created", await broker.ResourcesAsync());
            using var stop = new CancellationTokenSource();
            var members = Enumerable.Range(0, Groups * MembersPerGroup)
                .Select(i => new GroupMember($"group-{i / MembersPerGroup}", topics[i / MembersPerGroup % TopicCount], counts)).ToList();
            var started = Stopwatch.GetTimestamp();
            var running = members.SelectMany(member => new[] { member.HeartbeatAsync(broker.BootstrapServers, stop.Token), member.FetchAsync(broker.BootstrapServers, stop.Token) })
                .Select(task => GuardAsync(task, counts)).ToList();
            await Task.WhenAny(Task.WhenAll(members.Select(member => member.Assigned)), Task.Delay(SettleTime, TimeProvider.System));
            if (members.Count(member => !member.Assigned.IsCompleted) is > 0 and var idle)
                counts.Fail($"{idle} members had no partitions after {SettleTime.TotalSeconds} s");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{members.Count} members of {Groups} groups have partitions after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s"));
            running.AddRange(Enumerable.Range(0, Producers).Select(i => GuardAsync(new SteadyProducer(topics, i, ProduceInterval, counts).RunAsync(broker.BootstrapServers, stop.Token), counts)));

            await MeasureAsync(broker, counts, seconds);
            await stop.CancelAsync();
            await Task.WhenAll(running);
            Print("at the end", await broker.ResourcesAsync());
        }
        Directory.Delete(directory, recursive: true);
        foreach (var (problem, count) in counts.Problems)
            Console.WriteLine($"  {count} x {problem}");
        return counts.Failures == 0;
    }

    private static async Task MeasureAsync(ServedBroker broker, ScaleCounts counts, int seconds)
    {
        var (before, produced, fetched, heartbeats, commits) = (await broker.ResourcesAsync(), counts.Produced, counts.FetchedBytes, counts.Heartbeats, counts.Commits);
        Print("load begins", before);
        counts.ProduceMs.Clear();
        var start = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var after = await broker.ResourcesAsync();
        Print("load ends", after);
        var latencies = counts.ProduceMs.Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            per second: {(counts.Produced - produced) / elapsed:0} produce requests, {(counts.FetchedBytes - fetched) / elapsed / 1e6:0.0} MB fetched, {(counts.Heartbeats - heartbeats) / elapsed:0} heartbeats, {(counts.Commits - commits) / elapsed:0} commits
            produce latency: median {latencies[latencies.Length / 2]:0.0} ms, p99 {latencies[latencies.Length * 99 / 100]:0.0} ms, maximum {latencies[^1]:0.0} ms
            broker CPU: {(after.CpuSeconds - before.CpuSeconds) / elapsed * 100:0} % of a core
            failures: {counts.Failures}
            """));
    }

    private static async Task GuardAsync(Task task, ScaleCounts counts)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
        catch (Exception error)
        {
            counts.Fail($"{error.GetType().Name}: {error.Message}");
        }
    }

    private static async Task<ScaleTopic[]> CreateTopicsAsync(string bootstrap)
    {
        using var client = new WireClient();
        await client.ConnectAsync(bootstrap);
        var request = new CreateTopicsRequest();
        for (var i = 0; i < TopicCount; i++)
            request.Topics.Add(new() { Name = $"scale-{i}", NumPartitions = PartitionsPerTopic, ReplicationFactor = 1 });
        var answer = await client.SendAsync<CreateTopicsRequest, CreateTopicsResponse>(request);
        return [.. answer.Topics.Select(topic => new ScaleTopic(topic.Name, topic.TopicId, PartitionsPerTopic))];
    }

    private static void Print(string when, Resources used) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{when,-14}: RSS {used.RssMb,6:0.0} MB, managed heap {used.HeapMb,6:0.0} MB, {used.Threads,3} threads, {used.Files,5} files, {used.CpuSeconds,6:0.0} s of CPU"));
}
