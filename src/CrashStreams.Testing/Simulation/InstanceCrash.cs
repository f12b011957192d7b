namespace CrashStreams.Testing.Simulation;

/// <summary>Unwinds an instance that dies between two calls of its ports. Nothing of it is heard afterwards.</summary>
internal sealed class InstanceCrash(string where) : CrashStreamsException($"The instance died {where}.");
