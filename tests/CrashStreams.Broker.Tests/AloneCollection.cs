namespace CrashStreams.Broker.Tests;

/// <summary>Tests that measure what the whole process uses: they run when all others are done, one at a time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
