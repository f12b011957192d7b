using System.Globalization;
using BenchmarkDotNet.Running;
using CrashStreams.Benchmarks.Clocks;
using CrashStreams.Benchmarks.Operators;

// clocks [PAIRS]   the Watermarks clock against the Observed one, in pairs of runs
// closing          what closing a window costs by what is stored
// operators [NAME] [KEYS...]   each stateful operator beside the tumbling count: time and bytes per record and store access
// anything else is BenchmarkDotNet's
switch (args)
{
    case ["clocks", .. var rest]:
        ClockComparison.Run(rest is [var pairs] ? int.Parse(pairs, CultureInfo.InvariantCulture) : 15);
        break;
    case ["closing"]:
        ClosingCost.Run();
        break;
    case ["operators", .. var rest]:
        OperatorCosts.Run(rest);
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}
