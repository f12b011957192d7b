using CrashStreams.Log;
using CrashStreams.Plan;
using Microsoft.Extensions.Logging;

namespace CrashStreams.Engine;

/// <summary>What all parts of one instance of an application share.</summary>
/// <param name="Name">The application's id and the instance's name: what its clients' ids begin with.</param>
/// <param name="Topology">What it runs.</param>
/// <param name="Options">How; nothing of it changes any more.</param>
/// <param name="Clients">Its log.</param>
/// <param name="Time">The wall clock.</param>
/// <param name="Logger">Its log lines; throws nothing.</param>
internal sealed record ApplicationContext(string Name, Topology Topology, StreamsOptions Options, ILogClients Clients, TimeProvider Time, ILogger Logger)
{
    /// <summary>The repartition topics under the names that they have in the log.</summary>
    public IEnumerable<string> RepartitionTopics => Topology.RepartitionTopics.Keys.Select(t => InternalTopics.FullName(Options.ApplicationId, t, true));
}
