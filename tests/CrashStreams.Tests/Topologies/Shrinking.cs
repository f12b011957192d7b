using System.Text;

namespace CrashStreams.Tests.Topologies;

/// <summary>Makes a case that fails smaller as long as it fails: without operators, without input, without faults.</summary>
internal static class Shrinking
{
    private const int MostRuns = 300;

    public static string Of(TopologyCase failing, Func<TopologyCase, TopologyOutcome> run)
    {
        var (least, outcome, runs) = (failing, run(failing), 0);
        for (var isSmaller = true; isSmaller && runs < MostRuns;)
        {
            isSmaller = false;
            foreach (var candidate in Smaller(least))
            {
                if (++runs > MostRuns)
                    break;
                if (run(candidate) is not { Violations.Count: > 0 } still)
                    continue;
                (least, outcome, isSmaller) = (candidate, still, true);
                break;
            }
        }

        return $"The smallest that fails, after {runs} runs: {least}{string.Join('\n', outcome.Violations.Take(10))}\n{Records(least)}";
    }

    private static IEnumerable<TopologyCase> Smaller(TopologyCase of)
    {
        foreach (var each in of.Description.Operators)
        {
            if (of.Description.Without(each) is { } left)
                yield return of with { Description = left, Input = of.Input.Where(i => left.SourceTopics.ContainsKey(i.At.Topic)).ToList() };
        }

        if (of.Plan is { CrashRate: > 0 } or { PauseRate: > 0 } or { ErrorRate: > 0 } or { StopRate: > 0 } or { MissedEpochRate: > 0 })
            yield return of with { Plan = of.Plan with { CrashRate = 0, PauseRate = 0, ErrorRate = 0, StopRate = 0, MissedEpochRate = 0 } };
        if (of.Plan.LosesPositions)
            yield return of with { Plan = of.Plan with { LostOffsets = 0, StrangerRate = null } };
        if (of.Plan.Disk is not null)
            yield return of with { Plan = of.Plan with { Disk = null } };
        if (of.Plan.Instances > 1)
            yield return of with { Plan = of.Plan with { Instances = of.Plan.Instances - 1 } };
        for (var part = of.Input.Count; part >= 1; part /= 2)
        {
            for (var from = 0; from + part <= of.Input.Count && of.Input.Count > part; from += part)
                yield return of with { Input = [.. of.Input.Take(from), .. of.Input.Skip(from + part)] };
        }
    }

    private static string Records(TopologyCase of) => of.Input.Count > 40 ? "" : string.Join('\n', of.Input.Select(static i =>
        $"  {i.At} {Text(i.Key)} = {Text(i.Value)} @{i.Timestamp} {i.Transaction}"));

    // Some bytes are no text on purpose.
    private static string Text(byte[]? bytes) => bytes is null ? "-" : Encoding.UTF8.GetString(bytes);
}
