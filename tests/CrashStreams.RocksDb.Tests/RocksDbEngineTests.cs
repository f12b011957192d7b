using CrashStreams.Contracts;
using CrashStreams.State;

namespace CrashStreams.RocksDb.Tests;

/// <summary>The contract, on RocksDB.</summary>
public sealed class RocksDbEngineTests : StateEngineContract, IDisposable
{
    private readonly StateDirectory _directory = new();

    [Fact]
    public void Any_history_leaves_what_a_sorted_dictionary_holds() =>
        StateEngineProperties.Check(number => _directory.Open($"store-{number}"), Crash, histories: 60);

    public void Dispose() => _directory.Dispose();

    protected override IStateEngine Open() => _directory.Open();

    // Closing flushes nothing. What the death of a process leaves is tested with processes that die: KillTests.
    protected override void Crash(IStateEngine engine)
    {
        engine.Dispose();
        _directory.Restart();
    }
}
