namespace CrashStreams.Tests.Topologies;

/// <summary>What random topologies and their inputs may have: everything that the engine is to stand.</summary>
internal static class TopologySwitches
{
    public static SketchOptions Sketch { get; } = new() { HasUnequalMerges = true, HasSlowOperators = true };

    /// <summary>Whether inputs hold aborted transactions.</summary>
    public static bool AbortedInputs => true;
}
