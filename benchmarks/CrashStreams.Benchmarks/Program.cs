using System.Globalization;
using BenchmarkDotNet.Running;
using CrashStreams.Benchmarks.Beside;
using CrashStreams.Benchmarks.Budget;
using CrashStreams.Benchmarks.Clocks;
using CrashStreams.Benchmarks.Operators;

// clocks [PAIRS]   the Watermarks clock against the Observed one, in pairs of runs
// closing          what closing a window costs by what is stored
// operators [NAME...] [KEYS...] [memory|RocksDB] [xROUNDS]   each stateful operator beside the tumbling count: time and bytes per record and store access
// budget [ROUNDS] [FILE] [SHARES]   the engine beside a loop written by hand, and what each step costs
// serve, beside PROGRAM COMMIT [PAIRS] [SHARES]   the crash monitor in memory beside another commit's: see build.sh bench beside
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
    case ["budget", .. var rest]:
        BudgetRun.Run(
            rest is [var rounds, ..] ? int.Parse(rounds, CultureInfo.InvariantCulture) : 7,
            rest is [_, var file, ..] ? file : null,
            SharesOf(rest is [_, _, var shares] ? shares : "0.01,0.25,1"));
        break;
    case ["serve"]:
        Served.Run();
        break;
    case ["beside", var other, var commit, .. var rest]:
        CommitComparison.Run(other, commit, rest is [var times, ..] ? int.Parse(times, CultureInfo.InvariantCulture) : 9, SharesOf(rest is [_, var those] ? those : "0,0.25,1"));
        break;
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        break;
}

static List<double> SharesOf(string text) => [.. text.Split(',').Select(static s => double.Parse(s, CultureInfo.InvariantCulture))];
