using CrashStreams.Contracts;
using CrashStreams.Stores;
using CrashStreams.Testing;

namespace CrashStreams.Tests.State;

/// <summary>The contract of state engines, in memory.</summary>
public class MemoryStateEngineTests : StateEngineContract
{
    private readonly MemoryStateStorage _storage = new();

    public MemoryStateEngineTests() => _storage.TryLock("app", "0_0");

    [Fact]
    public void Any_history_leaves_what_a_sorted_dictionary_holds() =>
        StateEngineProperties.Check(number => Open($"store-{number}"), Crash, histories: 200);

    protected override IStateEngine Open() => Open("counts");

    // As many batches as can be: the contract says what must be left.
    protected override void Crash(IStateEngine engine) => _storage.Crash(static most => most);

    private IStateEngine Open(string store)
    {
        _storage.TryLock("app", "0_0");
        return _storage.Open("app", "0_0", store);
    }
}
