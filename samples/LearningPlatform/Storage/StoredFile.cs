namespace CrashStreams.Samples.Learning.Storage;

/// <summary>A file of a storage.</summary>
/// <param name="Name">Folders and name, separated by slashes.</param>
/// <param name="Version">Another one when the file is replaced by other content.</param>
internal readonly record struct StoredFile(string Name, string Version);
