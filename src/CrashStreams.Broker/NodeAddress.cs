namespace CrashStreams.Broker;

/// <summary>The one node of the cluster, as clients are told of it.</summary>
internal sealed record NodeAddress(int Id, string Host, int Port);
