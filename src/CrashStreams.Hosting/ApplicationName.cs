namespace CrashStreams.Hosting;

/// <summary>One of a host's applications.</summary>
internal sealed record ApplicationName(string Name);
