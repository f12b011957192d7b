namespace CrashStreams.RocksDb.Tests;

/// <summary>The contract with bulk loads that go into many files: a few dozen in the larger tests, and in histories one for every few changes.</summary>
public sealed class ManyFilesEngineTests() : RocksDbEngineTests(new(loadRunBytes: 256 << 10), new(loadRunBytes: 8 * 32));
