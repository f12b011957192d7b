using System.Globalization;
using BenchmarkDotNet.Running;
using CrashStreams.Benchmarks.Clocks;

// clocks [PAIRS]   the Watermarks clock against the Observed one, in pairs of runs
// closing          what closing a window costs by what is stored
// anything else is BenchmarkDotNet's
switch (args)
{
    case ["clocks", .. var rest]:
        ClockComparison.Run(rest is [var pairs] ? int.Parse(pairs, CultureInfo.InvariantCulture) : 15);
        break;
    case ["closing"]:
        ClosingCost.Run();
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}
