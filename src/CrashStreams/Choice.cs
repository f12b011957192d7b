namespace CrashStreams;

/// <summary>Checks settings that are one of several names: a cast, or a number in a configuration file, can make them anything.</summary>
internal static class Choice
{
    /// <summary>The fault of a setting; nothing when it is one of the names.</summary>
    public static IEnumerable<string> Check<T>(string setting, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            yield return $"{setting} is {value}: {string.Join(", ", Enum.GetNames<T>())}.";
    }
}
