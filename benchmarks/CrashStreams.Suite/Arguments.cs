using System.Globalization;

namespace CrashStreams.Suite;

/// <summary>A command's options, each a name and a value.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    public Arguments(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i += 2)
        {
            if (!words[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == words.Count)
                throw new ArgumentException($"'{words[i]}' is not an option with a value, as --records 1000000 is.");
            _values[words[i][2..]] = words[i + 1];
        }
    }

    public string Text(string name, string otherwise) => _values.Remove(name, out var value) ? value : otherwise;

    public string? TextOrNull(string name) => _values.Remove(name, out var value) ? value : null;

    public int Number(string name, int otherwise) =>
        !_values.Remove(name, out var value) ? otherwise
        : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new ArgumentException($"--{name} needs a whole number, not '{value}'.");

    /// <summary>Throws when an option was given that nobody has asked for.</summary>
    public void CheckAllUsed()
    {
        if (_values.Count > 0)
            throw new ArgumentException($"There is no option --{_values.Keys.First()}.");
    }
}
