using System.Text.RegularExpressions;

namespace CrashStreams.CommandLine;

/// <summary>Arguments that can each be read, but make no sense; shown like arguments that can't be read.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Options that refused their values, told with the names that were typed instead of the properties' names.</summary>
    /// <param name="refused">Its message has a line per fault, <c>- Threads is 0: ...</c>, or is one sentence.</param>
    /// <param name="optionOf">The option of each property.</param>
    public static UsageException Of(Exception refused, IReadOnlyDictionary<string, string> optionOf)
    {
        var faults = refused.Message.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith("- ", StringComparison.Ordinal)).Select(line => line[2..]).ToList();
        var text = faults.Count > 0 ? string.Join(' ', faults) : refused.Message.ReplaceLineEndings(" ");
        return new(Regex.Replace(text, @"\b[A-Z]\w+\b", word => optionOf.GetValueOrDefault(word.Value, word.Value)));
    }
}
