using System.Globalization;
using CrashStreams.Broker.Log;

namespace CrashStreams.Broker.Topics;

/// <summary>The type of a config's value, as DescribeConfigs v3 numbers it.</summary>
internal enum ConfigType : sbyte
{
    Boolean = 1,
    String = 2,
    Int = 3,
    Short = 4,
    Long = 5,
    Double = 6,
    List = 7,
}

/// <summary>A topic config that the broker honours.</summary>
/// <param name="Name">Its name in Kafka.</param>
/// <param name="Type">The type of its value.</param>
/// <param name="Default">The value of a topic that has none of its own.</param>
/// <param name="Rule">What values are allowed, for the error message.</param>
/// <param name="Apply">Puts the value into a log's settings; null when the value is not allowed.</param>
internal sealed record ConfigKey(string Name, ConfigType Type, string Default, string Rule, Func<LogConfig, string, LogConfig?> Apply)
{
    public static ConfigKey Integer(string name, int defaultValue, int min, Func<LogConfig, int, LogConfig> apply) =>
        new(name, ConfigType.Int, Text(defaultValue), $"an integer from {min} on", (log, text) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min ? apply(log, value) : null);

    public static ConfigKey Long(string name, long defaultValue, long min, Func<LogConfig, long, LogConfig> apply) =>
        new(name, ConfigType.Long, Text(defaultValue), $"an integer from {min} on", (log, text) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min ? apply(log, value) : null);

    public static ConfigKey Choice(string name, string defaultValue, string[] allowed, Func<LogConfig, string, LogConfig> apply) =>
        new(name, ConfigType.String, defaultValue, "one of " + string.Join(", ", allowed), (log, text) =>
            allowed.Contains(text) ? apply(log, text) : null);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
