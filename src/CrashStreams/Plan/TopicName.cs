namespace CrashStreams.Plan;

/// <summary>Kafka's rules for names of topics, and so for what becomes part of one.</summary>
internal static class TopicName
{
    private const int MaxLength = 249;

    /// <summary>What is wrong with a topic's name, or null.</summary>
    public static string? FaultOf(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return "a topic's name is missing";
        if (name is "." or "..")
            return $"'{name}' is no topic name";
        if (name.Length > MaxLength)
            return $"the topic name '{name[..20]}...' has {name.Length} characters: at most {MaxLength}";
        return name.FirstOrDefault(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) is not '\0' and var wrong
            ? $"'{name}' is no topic name: '{wrong}' is not allowed, use ASCII letters, digits, '.', '_' and '-'"
            : null;
    }

    public static void Check(string? name, string where, ICollection<string> faults)
    {
        if (FaultOf(name) is { } fault)
            faults.Add($"{where}: {fault}.");
    }
}
