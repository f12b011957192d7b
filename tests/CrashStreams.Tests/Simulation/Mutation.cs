namespace CrashStreams.Tests.Simulation;

/// <summary>A fault planted between the runtime and its ports, to see that the simulation finds it.</summary>
internal enum Mutation
{
    None,

    /// <summary>The broker believes members and producers that were replaced.</summary>
    FencingIgnored,
}
