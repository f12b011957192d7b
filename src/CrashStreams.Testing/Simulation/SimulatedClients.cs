using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>The clients of one life of an instance; without faults its admin alone, for what is prepared before the run.</summary>
internal sealed class SimulatedClients(SimulatedCluster cluster, PortFaults? faults, SimulationPlan plan) : ILogClients
{
    public void RunAside(Action work) => work();

    public TimeSpan? TransactionTimeout => TimeSpan.FromMilliseconds(plan.TransactionTimeoutMs);

    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) =>
        new SimulatedConsumer(cluster, faults!, readCommitted, plan);

    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted) =>
        new SimulatedConsumer(cluster, faults!, readCommitted, plan);

    public ILogProducer CreateProducer(string clientId, string? transactionalId) => new SimulatedProducer(cluster, faults!, transactionalId);

    public ILogAdmin CreateAdmin(string clientId) => new SimulatedAdmin(cluster, faults);
}
