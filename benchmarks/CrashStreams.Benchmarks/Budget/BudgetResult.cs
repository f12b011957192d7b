namespace CrashStreams.Benchmarks.Budget;

/// <summary>What the crash monitor costs for each line of some 165 bytes, where so many of them are severe crashes: one round of each measurement, in turn.</summary>
internal sealed record BudgetResult
{
    public required double MatchingShare { get; init; }

    public required int Round { get; init; }

    public required int Lines { get; init; }

    /// <summary>The whole topology on the engine, with shuffle, changelog and commits, in memory.</summary>
    public required Cost Engine { get; init; }

    /// <summary>The same alerts by a loop that is written by hand.</summary>
    public required Cost HandWritten { get; init; }

    /// <summary>The steps alone, each over all lines that it sees; nanoseconds and bytes are spread over all lines.</summary>
    public required IReadOnlyList<StepCost> Steps { get; init; }

    public double Ratio => Engine.Nanoseconds / HandWritten.Nanoseconds;
}

/// <summary>Processor time and managed bytes per line.</summary>
internal sealed record Cost(double Nanoseconds, double Bytes);

/// <param name="Step">Its name.</param>
/// <param name="Times">How often it runs per line.</param>
/// <param name="Cost">Per line.</param>
internal sealed record StepCost(string Step, double Times, Cost Cost);
