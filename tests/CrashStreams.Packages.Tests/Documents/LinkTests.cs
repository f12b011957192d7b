using System.Text.RegularExpressions;

namespace CrashStreams.Packages.Tests.Documents;

public partial class LinkTests
{
    [Fact]
    public void Every_link_inside_the_documents_leads_somewhere()
    {
        var links = MarkdownFile.All.SelectMany(document => Targets(document).Select(target => (document, target))).ToList();

        links.Should().HaveCountGreaterThan(50);
        links.Select(link => WhyBroken(link.document, link.target)).OfType<string>().Should().BeEmpty();
    }

    [Theory]
    [InlineData("## When a window closes", "when-a-window-closes")]
    [InlineData("### `run`: what it shows, and when", "run-what-it-shows-and-when")]
    [InlineData("# C# 14 & .NET", "c-14--net")]
    public void An_anchor_is_made_of_a_heading_as_GitHub_does(string heading, string anchor) => Anchor(heading).Should().Be(anchor);

    private static string? WhyBroken(MarkdownFile document, string target)
    {
        if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
            return null;
        var (path, anchor) = target.Split('#') is [var file, var heading] ? (file, heading) : (target, null);
        var to = path.Length == 0 ? document.Path : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document.Path)!, path));
        if (!Path.Exists(to))
            return $"{document.Name}: there is no {path}";
        return anchor is null || Anchors(to).Contains(anchor) ? null : $"{document.Name}: {path} has no heading #{anchor}";
    }

    private static IEnumerable<string> Targets(MarkdownFile document) =>
        WithoutCode(document.Lines).SelectMany(line => Link().Matches(line)).Select(match => match.Groups[1].Value);

    private static HashSet<string> Anchors(string path) =>
        [.. WithoutCode(File.ReadAllLines(path)).Where(line => line.StartsWith('#')).Select(Anchor)];

    private static string Anchor(string heading) =>
        NotInAnchor().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    private static IEnumerable<string> WithoutCode(IEnumerable<string> lines)
    {
        var isCode = false;
        foreach (var line in lines)
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
                isCode = !isCode;
            else if (!isCode)
                yield return line;
        }
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
