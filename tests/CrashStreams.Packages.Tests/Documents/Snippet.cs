using System.Text.RegularExpressions;

namespace CrashStreams.Packages.Tests.Documents;

/// <summary>
/// A block of C# in a document. A comment before it, <c>&lt;!-- given: Topology topology --&gt;</c>, makes it the body of a method with these parameters: what the
/// text around it speaks of; <c>given: types</c> stands before declarations. Without one it is a file of a program; its first line names the file.
/// </summary>
internal sealed partial record Snippet(MarkdownFile Document, int Line, string? Given, string Code)
{
    public string Place => $"{Document.Name}:{Line}";

    public bool IsFile => Given is null;

    /// <summary>The name in the first line, <c>// Program.cs</c>.</summary>
    public string? FileName => FileComment().Match(Code) is { Success: true } comment ? comment.Groups[1].Value : null;

    /// <summary>The block as a class of its own, or in a namespace of its own where it declares types; the compiler's errors name the document's lines.</summary>
    public string ToClass(int number)
    {
        var lines = Code.Split('\n').Select((text, i) => (Text: text, Line: Line + i)).ToList();
        var usings = lines.Where(line => UsingDirective().IsMatch(line.Text)).ToList();
        var body = lines.Except(usings).Select(line => $"#line {line.Line} \"{Document.Path}\"\n{line.Text}");
        if (Given == "types")
            return $"{string.Join('\n', usings.Select(line => line.Text))}\nnamespace Snippets.Types{number};\n#pragma warning disable\n{string.Join('\n', body)}";
        return $$"""
            {{string.Join('\n', usings.Select(line => line.Text))}}
            namespace Snippets;
            #pragma warning disable
            internal static class Snippet{{number}}
            {
                public static async Task RunAsync({{Given}})
                {
            {{string.Join('\n', body)}}
                }
            }
            """;
    }

    [GeneratedRegex(@"^// (\w+\.cs)$", RegexOptions.Multiline)]
    private static partial Regex FileComment();

    [GeneratedRegex(@"^using [\w.]+( = [\w.<>]+)?;$")]
    private static partial Regex UsingDirective();
}
