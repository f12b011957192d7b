using CrashStreams.Log;

namespace CrashStreams.Tests.Simulation;

internal static class MutantClients
{
    public static ILogClients Wrap(ILogClients clients, Mutation mutation) => clients;
}
