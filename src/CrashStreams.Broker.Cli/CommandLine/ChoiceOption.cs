using System.CommandLine;
using System.CommandLine.Parsing;

namespace CrashStreams.CommandLine;

/// <summary>An option that takes one of a few words: the names of an enumeration as command lines write them, <c>exactly-once</c>. Case, hyphens and underscores do not matter.</summary>
internal sealed class ChoiceOption<T> : Option<T?>
    where T : struct, Enum
{
    private readonly T _fallback;

    public ChoiceOption(string name, string description, T fallback, params string[] aliases)
        : base(name, aliases)
    {
        _fallback = fallback;
        Description = $"{description} [default: {Word(fallback)}]";
        HelpName = string.Join('|', Enum.GetValues<T>().Select(Word));
        CustomParser = Parse;
    }

    public T Read(ParseResult arguments) => arguments.GetValue(this) ?? _fallback;

    private static string Word(T choice) => string.Concat($"{choice}".Select((letter, i) => i > 0 && char.IsUpper(letter) ? $"-{char.ToLowerInvariant(letter)}" : $"{char.ToLowerInvariant(letter)}"));

    private static string Bare(string word) => word.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);

    private static T? Parse(ArgumentResult result)
    {
        var word = result.Tokens[0].Value;
        foreach (var choice in Enum.GetValues<T>())
        {
            if (string.Equals(Bare(word), $"{choice}", StringComparison.OrdinalIgnoreCase))
                return choice;
        }

        var choices = Enum.GetValues<T>().Select(Word).ToList();
        result.AddError($"'{word}' is no value of {((OptionResult)result.Parent!).Option.Name}: choose {string.Join(", ", choices[..^1])} or {choices[^1]}.");
        return null;
    }
}
