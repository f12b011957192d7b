using CrashStreams.Log;

namespace CrashStreams.Tests.Simulation;

/// <summary>Plants a fault in all clients of an instance.</summary>
internal sealed class MutantClients(ILogClients inner, Mutation mutation, MutantClients.Shared shared) : ILogClients
{
    private ILogConsumer? _groupConsumer;

    /// <summary>What all instances of a run know in common.</summary>
    public sealed class Shared
    {
        public long HighestWatermark { get; set; } = long.MinValue;
    }

    public static Func<ILogClients, ILogClients> Of(Mutation mutation)
    {
        var shared = new Shared();
        return clients => mutation == Mutation.None ? clients : new MutantClients(clients, mutation, shared);
    }

    public ILogConsumer CreateConsumer(string clientId, string groupId, bool readCommitted) =>
        _groupConsumer = new MutantConsumer(inner.CreateConsumer(clientId, groupId, readCommitted && mutation != Mutation.UncommittedRead), mutation);

    public ILogConsumer CreateRestoreConsumer(string clientId, bool readCommitted)
    {
        var consumer = inner.CreateRestoreConsumer(clientId, readCommitted && mutation != Mutation.UncommittedRead);
        return mutation == Mutation.WarmTailNotRestored && clientId.EndsWith("-restore-consumer", StringComparison.Ordinal)
            ? new TailSkippingConsumer(consumer, inner.CreateAdmin(clientId))
            : consumer;
    }

    public ILogProducer CreateProducer(string clientId, string? transactionalId) =>
        new MutantProducer(inner.CreateProducer(clientId, transactionalId), mutation, shared, offsets => _groupConsumer!.Commit(offsets));

    public void RunAside(Action work) => inner.RunAside(work);

    public ILogAdmin CreateAdmin(string clientId) => new MutantAdmin(inner.CreateAdmin(clientId), mutation);
}
