namespace CrashStreams.Protocol;

/// <summary>Bytes that no version of the protocol allows: the connection that sent them can only be closed.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
