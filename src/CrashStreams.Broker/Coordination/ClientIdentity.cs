namespace CrashStreams.Broker.Coordination;

/// <summary>Who sent a request: shown by describe, and the prefix of member ids that the coordinator makes.</summary>
internal readonly record struct ClientIdentity(string ClientId, string Host);
