namespace CrashStreams.Samples.Flyers.Api;

/// <summary>The request can't be answered now; the same one may be later.</summary>
internal sealed class UnavailableException(string reason, Exception? inner = null) : Exception(reason, inner);
