namespace CrashStreams;

/// <summary>The root of what this library throws.</summary>
public class CrashStreamsException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A topology or its configuration is wrong. The message lists every fault found, each with the setting or node and the remedy.</summary>
public sealed class TopologyException(string message) : CrashStreamsException(message);

/// <summary>Processing failed and the handler said to fail; the message names node, topic, partition and offset.</summary>
public sealed class ProcessingException(string message, Exception? inner = null) : CrashStreamsException(message, inner);

/// <summary>Bytes are no value of the serde's type. The message is a short, constant text: it serves as a metric's tag.</summary>
public sealed class SerdeException(string reason, Exception? inner = null) : CrashStreamsException(reason, inner);
