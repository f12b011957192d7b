using CrashStreams.Faults;

namespace CrashStreams.Tests.Topologies;

/// <summary>
/// What functions and serdes of random topologies throw on purpose, by the number that a value stands for. Only this, and bytes that are no text, may be skipped or set aside: anything
/// else that an application meets ends it, and fails the run.
/// </summary>
internal sealed class PlannedFault() : Exception("A planned fault.")
{
    /// <summary>The topic of dead letters, when they are not just skipped.</summary>
    public const string DeadLetters = "dead";

    public static bool Hits(string? value) => value is not null && Item.Parse(value) % 6 == 5;

    public static string? Throw(string? value) => Hits(value) ? throw new PlannedFault() : value;

    public static bool IsPlanned(Fault fault) =>
        fault.Exception is PlannedFault || (fault.Kind == FaultKind.Deserialization && fault.Reason.EndsWith("invalid-utf8", StringComparison.Ordinal));
}
