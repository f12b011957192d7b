using System.Globalization;

namespace CrashStreams.Broker.Storage;

/// <summary>How many files and sockets the system lets this process open.</summary>
internal static class DescriptorLimit
{
    private const string LimitsFile = "/proc/self/limits"; // Linux

    /// <summary>As many as there can be where the system says nothing.</summary>
    public static int OfProcess { get; } = Read();

    /// <summary>Sockets of clients may be half of them: the rest is for the logs.</summary>
    public static int ForConnections => Math.Max(16, OfProcess / 2);

    private static int Read()
    {
        if (!File.Exists(LimitsFile))
            return int.MaxValue;
        // "Max open files            1024                 524288               files"
        var soft = File.ReadLines(LimitsFile).FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))?
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(3);
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }
}
