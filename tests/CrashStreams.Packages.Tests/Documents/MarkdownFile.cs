using System.Text.RegularExpressions;

namespace CrashStreams.Packages.Tests.Documents;

/// <summary>A document of the repository and its fenced blocks of code.</summary>
internal sealed partial class MarkdownFile(string path)
{
    public static IEnumerable<MarkdownFile> All => Directory.EnumerateFiles(Repository.Root, "*.md")
        .Concat(Directory.EnumerateFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories))
        .Concat(Repository.Libraries.Select(project => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(project)!, "README.md")))
        .Order(StringComparer.Ordinal).Select(file => new MarkdownFile(file));

    public string Path { get; } = path;

    public string Name { get; } = System.IO.Path.GetRelativePath(Repository.Root, path);

    public string[] Lines { get; } = File.ReadAllLines(path);

    public IEnumerable<Snippet> Snippets(string language)
    {
        for (var i = 0; i < Lines.Length; i++)
        {
            if (Lines[i] != $"```{language}")
                continue;
            var end = Array.IndexOf(Lines, "```", i);
            var given = i > 0 && GivenComment().Match(Lines[i - 1]) is { Success: true } comment ? comment.Groups[1].Value.Trim() : null;
            yield return new(this, i + 2, given, string.Join('\n', Lines[(i + 1)..end]));
            i = end;
        }
    }

    [GeneratedRegex(@"^<!-- given:(.*)-->$")]
    private static partial Regex GivenComment();
}
