using CrashStreams.Broker.Log;

namespace CrashStreams.Broker.Topics;

/// <summary>The configs of one topic: those set for it, over the broker's defaults.</summary>
internal sealed class TopicConfigs
{
    public static readonly TopicConfigs None = new(new SortedDictionary<string, string>(StringComparer.Ordinal));

    /// <summary>The longest that means something, a list of cleanup policies, is shorter. All of it is kept for each topic, and written with each change of any.</summary>
    private const int MaxValueLength = 64;

    private TopicConfigs(SortedDictionary<string, string> set) => Set = set;

    /// <summary>What was set for this topic, by name.</summary>
    public IReadOnlyDictionary<string, string> Set { get; }

    public string ValueOf(ConfigKey key) => Set.TryGetValue(key.Name, out var value) ? value : key.Default;

    public int MinInSyncReplicas => int.Parse(ValueOf(TopicConfigKeys.Find(TopicConfigKeys.MinInSyncReplicas)!));

    /// <summary>Checks the values; says what is wrong with the first bad one.</summary>
    public static TopicConfigs? TryCreate(IEnumerable<KeyValuePair<string, string?>> values, out string? problem, int maxValueLength = MaxValueLength)
    {
        var set = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            problem = Check(name, value, maxValueLength);
            if (problem is not null)
                return null;
            set[name] = value!;
        }
        problem = null;
        return new TopicConfigs(set);
    }

    /// <summary>The settings of the topic's logs.</summary>
    public LogConfig ToLogConfig(LogConfig broker)
    {
        foreach (var (name, value) in Set)
            broker = TopicConfigKeys.Find(name)!.Apply(broker, value)!;
        return broker;
    }

    private static string? Check(string name, string? value, int maxValueLength)
    {
        if (TopicConfigKeys.Find(name) is not { } key)
            return $"The config {ClientText.Escape(name)} is not known or not supported by this broker.";
        if (value?.Length > maxValueLength)
            return $"The config {name} has a value of {value.Length} characters; the limit is {maxValueLength}.";
        return value is null || key.Apply(LogConfig.Default, value) is null ? $"The config {name} must be {key.Rule}; it is '{ClientText.Escape(value ?? "null")}'." : null;
    }
}
