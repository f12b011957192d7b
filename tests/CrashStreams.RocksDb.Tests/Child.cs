using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CrashStreams.RocksDb.Tests;

/// <summary>This test program as another process, which does one thing in a folder instead of running tests.</summary>
internal static class Child
{
    private const string Variable = "CRASHSTREAMS_CHILD";

    public static Process Start(string what, string root)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        start.Environment[Variable] = $"{what}:{root}";
        return Process.Start(start)!;
    }

    [ModuleInitializer]
    internal static void RunInsteadOfTests()
    {
        if (Environment.GetEnvironmentVariable(Variable)?.Split(':', 2) is not [var what, var root])
            return;
        switch (what)
        {
            case "live":
                KilledWriter.Run(root, isRestore: false);
                break;
            case "restore":
                KilledWriter.Run(root, isRestore: true);
                break;
            case "tail":
                TailWriter.Run(root);
                break;
            case "many stores":
                ManyStores.Run(root);
                break;
            case "many openings":
                ManyOpenings.Run(root);
                break;
            default:
                throw new ArgumentException(what);
        }

        Environment.Exit(0);
    }
}
