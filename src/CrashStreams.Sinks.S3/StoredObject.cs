namespace CrashStreams.Sinks.S3;

/// <summary>An object of a bucket.</summary>
/// <param name="Name">Its name, with slashes between folders.</param>
/// <param name="Size">Its size, bytes.</param>
/// <param name="Version">Another one when the object is replaced by other content; the protocol's ETag.</param>
public readonly record struct StoredObject(string Name, long Size, string Version);
