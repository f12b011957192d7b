namespace CrashStreams.Broker.Coordination;

/// <summary>Who sent a request: shown by describe, and the prefix of member ids that the coordinator makes.</summary>
/// <param name="ClientId">The client's name for itself.</param>
/// <param name="Host">Its address.</param>
internal readonly record struct ClientIdentity(string ClientId, string Host)
{
    /// <summary>What is kept of a client id: what is made of it, such as a member id, has to fit in answers of any version.</summary>
    private const int MaxClientIdLength = 255;

    public static ClientIdentity Of(string? clientId, string host) =>
        new(clientId is null ? "" : clientId.Length <= MaxClientIdLength ? clientId : clientId[..MaxClientIdLength], host);
}
