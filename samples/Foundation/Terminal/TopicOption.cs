using System.CommandLine;

namespace CrashStreams.Samples.Terminal;

/// <summary>An option that names a topic.</summary>
internal sealed class TopicOption : Option<string>
{
    private const int LongestName = 249;

    public TopicOption(string name, string description, string fallback)
        : base(name)
    {
        Description = description;
        DefaultValueFactory = _ => fallback;
        Validators.Add(result =>
        {
            if (result.Tokens is [var topic] && !IsTopic(topic.Value))
                result.AddError($"'{topic.Value}' is no topic's name: use up to {LongestName} ASCII letters, digits, '.', '_' and '-'.");
        });
    }

    private static bool IsTopic(string name) =>
        name is { Length: > 0 and <= LongestName } and not ("." or "..") && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
}
