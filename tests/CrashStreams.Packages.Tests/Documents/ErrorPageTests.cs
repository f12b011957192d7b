using System.Text.RegularExpressions;

namespace CrashStreams.Packages.Tests.Documents;

/// <summary>docs/errors.md is looked up by what an error says, so what it quotes has to be what the code says.</summary>
public partial class ErrorPageTests
{
    private static readonly MarkdownFile _page = new(Repository.PathOf("docs", "errors.md"));

    private static readonly Lazy<string> _sources = new(() => string.Concat(
        Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText)));

    [Fact]
    public void Every_error_that_is_quoted_is_in_the_code()
    {
        var quoted = Rows("## It starts", "## It does not start").Concat(Rows("## It does not start", "## Records")).SelectMany(row => Code().Matches(row.Split('|')[1])).Select(match => match.Groups[1].Value)
            .SelectMany(text => text.Split("...")).Select(part => Variable().Replace(part, "").Trim(' ', ':', ',', '.')).Where(part => part.Contains(' ', StringComparison.Ordinal)).ToList();

        quoted.Should().HaveCountGreaterThan(10);
        quoted.Where(part => !part.Contains("n fault(s)", StringComparison.Ordinal) && !_sources.Value.Contains(part, StringComparison.Ordinal)).Should().BeEmpty();
    }

    [Fact]
    public void Every_reason_that_the_library_counts_is_explained()
    {
        var reasons = Reason().Matches(File.ReadAllText(Repository.PathOf("src", "CrashStreams", "Faults", "DroppedRecords.cs")))
            .Concat(Reason().Matches(File.ReadAllText(Repository.PathOf("src", "CrashStreams", "Faults", "FaultPolicy.cs")))).Select(match => match.Groups[1].Value).Where(reason => !reason.StartsWith("cs-", StringComparison.Ordinal)).ToList();
        var explained = Rows("## Records", "## Questions").SelectMany(row => Code().Matches(row.Split('|')[1])).Select(match => match.Groups[1].Value).ToList();

        reasons.Should().HaveCountGreaterThan(8);
        reasons.Except(explained).Should().BeEmpty();
        explained.Except(reasons).Should().Equal("bad-key: ...");
    }

    private static IEnumerable<string> Rows(string from, string to) => _page.Lines
        .SkipWhile(line => !line.StartsWith(from, StringComparison.Ordinal)).TakeWhile(line => !line.StartsWith(to, StringComparison.Ordinal)).Where(line => line.StartsWith("| ", StringComparison.Ordinal));

    // What the code puts in front at run time: a status' activity, a fault's kind.
    [GeneratedRegex("^(Blocked: |Deserialization |Processing |Production )")]
    private static partial Regex Variable();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"const string \w+ = ""([^""]+)"";")]
    private static partial Regex Reason();
}
