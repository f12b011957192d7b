using CrashStreams.Log;
using CrashStreams.Stores;

namespace CrashStreams.Testing.Simulation;

/// <summary>What is run.</summary>
internal sealed record SimulationSetup
{
    public required Topology Topology { get; init; }

    public required StreamsOptions Options { get; init; }

    public required SimulationPlan Plan { get; init; }

    public required IReadOnlyList<SimulatedInput> Input { get; init; }

    /// <summary>Source and result topics with their numbers of partitions.</summary>
    public required IReadOnlyDictionary<string, int> ExternalTopics { get; init; }

    public required DateTimeOffset StartTime { get; init; }

    /// <summary>The least number of steps under chaos; it lasts until the input is written.</summary>
    public required int ChaosSteps { get; init; }

    /// <summary>Puts something between the runtime and its ports: where tests plant faults.</summary>
    public Func<ILogClients, ILogClients> Wrap { get; init; } = static clients => clients;

    /// <summary>Likewise between the runtime and its disk.</summary>
    public Func<IStateStorage, IStateStorage> WrapState { get; init; } = static storage => storage;

    public bool IgnoresFencing { get; init; }

    /// <summary>Which records of a topic the cluster refuses.</summary>
    public Func<string, SimulatedEntry, bool> Refuses { get; init; } = static (_, _) => false;

    public bool KeepsTrace { get; init; }
}
