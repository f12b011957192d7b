using System.Collections.Concurrent;
using CrashStreams.Protocol;

namespace CrashStreams.Broker.Benchmarks.Scale;

/// <summary>What all clients together have done and met. Shared by their tasks.</summary>
internal sealed class ScaleCounts
{
    private long _produced;
    private long _fetchedBytes;
    private long _commits;
    private long _heartbeats;
    private long _failures;

    public ConcurrentQueue<double> ProduceMs { get; } = new();

    public ConcurrentDictionary<string, int> Problems { get; } = new();

    public long Produced => Volatile.Read(ref _produced);

    public long FetchedBytes => Volatile.Read(ref _fetchedBytes);

    public long Commits => Volatile.Read(ref _commits);

    public long Heartbeats => Volatile.Read(ref _heartbeats);

    public long Failures => Volatile.Read(ref _failures);

    public void CountProduced(double ms)
    {
        Interlocked.Increment(ref _produced);
        ProduceMs.Enqueue(ms);
    }

    public void CountFetched(int bytes) => Interlocked.Add(ref _fetchedBytes, bytes);

    public void CountCommit() => Interlocked.Increment(ref _commits);

    public void CountHeartbeat() => Interlocked.Increment(ref _heartbeats);

    public bool Accept(string what, ErrorCode error)
    {
        if (error == ErrorCode.None)
            return true;
        Fail($"{what}: {error}");
        return false;
    }

    public void Fail(string problem)
    {
        Interlocked.Increment(ref _failures);
        Problems.AddOrUpdate(problem, 1, (_, count) => count + 1);
    }
}
