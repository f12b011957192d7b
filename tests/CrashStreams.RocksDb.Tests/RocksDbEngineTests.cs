using CrashStreams.Contracts;
using CrashStreams.Stores;

namespace CrashStreams.RocksDb.Tests;

/// <summary>The contract, on RocksDB.</summary>
public class RocksDbEngineTests : StateEngineContract, IDisposable
{
    private readonly StateDirectory _directory;
    private readonly StateDirectory _ofHistories;

    public RocksDbEngineTests()
        : this(new(), new())
    {
    }

    /// <param name="directory">Where a test's store is.</param>
    /// <param name="ofHistories">Where the stores of histories are.</param>
    protected RocksDbEngineTests(StateDirectory directory, StateDirectory ofHistories) => (_directory, _ofHistories) = (directory, ofHistories);

    [Fact]
    public void Any_history_leaves_what_a_sorted_dictionary_holds() =>
        StateEngineProperties.Check(number => _ofHistories.Open($"store-{number}"), engine => Crash(engine, _ofHistories), histories: 60);

    public void Dispose()
    {
        _directory.Dispose();
        _ofHistories.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override IStateEngine Open() => _directory.Open();

    protected override void Crash(IStateEngine engine) => Crash(engine, _directory);

    // Closing flushes nothing. What the death of a process leaves is tested with processes that die: KillTests.
    private static void Crash(IStateEngine engine, StateDirectory directory)
    {
        engine.Dispose();
        directory.Restart();
    }
}
