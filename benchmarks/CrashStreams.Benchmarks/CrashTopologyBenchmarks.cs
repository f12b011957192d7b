using BenchmarkDotNet.Attributes;
using CrashStreams.Benchmarks.Memory;
using CrashStreams.Engine;

namespace CrashStreams.Benchmarks;

/// <summary>
/// The crash monitor per log line of some 165 bytes, from raw bytes in memory to serialized alerts, on one thread: prefilter, event time, parsing,
/// filter, shuffle through a repartition topic in memory, count per user and window, closing and writing alerts, commits and changelog included.
/// Each run reads 1 M different lines of 1000 s and 1000 users over 12 partitions with new tasks; making them is not counted.
/// </summary>
[InProcess]
[MemoryDiagnoser]
[InvocationCount(1)]
[WarmupCount(3)]
[IterationCount(8)]
public class CrashTopologyBenchmarks
{
    private const int Lines = 1_000_000;

    private CrashRun _run = null!;
    private StreamThread _thread = null!;

    /// <summary>The share of lines that are severe crashes and so are counted.</summary>
    [Params(0, 0.25, 1.0)]
    public double Matching { get; set; }

    [GlobalSetup]
    public void Generate() => _run = new(Lines, Matching);

    [IterationSetup]
    public void Start() => _thread = _run.Start();

    [Benchmark(OperationsPerInvoke = Lines)]
    public long Drain() => _run.Drain(_thread);

    [IterationCleanup]
    public void Stop() => _thread.Dispose();
}
