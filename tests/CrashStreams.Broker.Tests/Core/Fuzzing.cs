using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace CrashStreams.Broker.Tests.Core;

/// <summary>How long random tests run and with which seed: short among the tests; <c>./build.sh fuzz</c> asks for more and sees the progress.</summary>
internal static class Fuzzing
{
    public static int Seed { get; } = Number("CRASHSTREAMS_SEED", 1);

    private static bool ShowsProgress { get; } = Environment.GetEnvironmentVariable("CRASHSTREAMS_FUZZ_PROGRESS") is not null;

    public static int Frames(int usual) => Number("CRASHSTREAMS_FUZZ_FRAMES", usual);

    public static void Progress(string what, int done, int all)
    {
        if (!ShowsProgress || done % Math.Max(1, all / 20) != 0)
            return;
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {done} of {all}, seed {Seed}, managed heap {GC.GetTotalMemory(forceFullCollection: false) >> 20} MB, RSS {Environment.WorkingSet >> 20} MB, {self.TotalProcessorTime.TotalSeconds:0} s of CPU"));
    }

    /// <summary>Requests of real clients as captured, without the length before them.</summary>
    public static List<byte[]> GoldenRequests() =>
        Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "frames"), "*.json").Order(StringComparer.Ordinal)
            .SelectMany(file => JsonDocument.Parse(File.ReadAllText(file)).RootElement.EnumerateArray().ToList())
            .Where(frame => frame.GetProperty("apiVersion").GetInt32() != 99)
            .Select(frame => Convert.FromHexString(frame.GetProperty("request").GetString()!))
            .Where(frame => frame.Length > 8)
            .ToList();

    private static int Number(string variable, int usual) => int.Parse(Environment.GetEnvironmentVariable(variable) ?? usual.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
