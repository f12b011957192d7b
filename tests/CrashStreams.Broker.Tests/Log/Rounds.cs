using System.Globalization;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>How often the random tests of the log run; an environment variable asks for more.</summary>
internal static class Rounds
{
    /// <summary>Random runs against a model, LOG_RUNS.</summary>
    public static int OfModel => Of("LOG_RUNS", 120);

    /// <summary>Damaged logs, LOG_FUZZ.</summary>
    public static int OfFuzz => Of("LOG_FUZZ", 3000);

    private static int Of(string variable, int usual) =>
        int.Parse(Environment.GetEnvironmentVariable(variable) ?? usual.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
