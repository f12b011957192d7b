namespace CrashStreams.Tests.Architecture;

/// <summary>The picture of folders and arrows in docs/architecture.md is made from the compiled code.</summary>
public class ArchitecturePageTests
{
    private const string Begin = "<!-- arrows -->\n";
    private const string End = "<!-- /arrows -->";

    [Fact]
    public void The_picture_of_folders_and_arrows_is_that_of_the_code()
    {
        var file = Path.Combine(LibraryFolders.RepositoryRoot, "docs", "architecture.md");
        var page = File.ReadAllText(file);
        var (start, end) = (page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, page.IndexOf(End, StringComparison.Ordinal));
        var picture = Picture();
        if (Environment.GetEnvironmentVariable("CRASHSTREAMS_WRITE_DOCS") == "1")
            File.WriteAllText(file, page[..start] + picture + page[end..]);
        else
            page[start..end].Should().Be(picture, "the picture is made by ./build.sh docs");
    }

    private static string Picture()
    {
        var uses = LibraryFolders.Uses().ToDictionary(u => u.Key, u => u.Value.Keys.Where(k => k != LibraryFolders.Root).ToHashSet());
        var lines = uses.SelectMany(u => u.Value.Where(to => !FollowsFromOthers(uses, u.Key, to)).Select(to => $"  {u.Key} --> {to}"));
        return $"```mermaid\nflowchart TD\n{string.Join('\n', lines.Order(StringComparer.Ordinal))}\n```\n";
    }

    // An arrow is left out when a way over other folders leads there, too; not by way of a folder that leads back.
    private static bool FollowsFromOthers(Dictionary<string, HashSet<string>> uses, string from, string to) =>
        uses[from].Any(over => over != to && !Reaches(uses, over, from) && !Reaches(uses, to, over) && Reaches(uses, over, to));

    private static bool Reaches(Dictionary<string, HashSet<string>> uses, string from, string to)
    {
        var reached = new HashSet<string>();
        var pending = new Stack<string>([from]);
        while (pending.TryPop(out var next))
        {
            foreach (var used in uses.GetValueOrDefault(next, []).Where(reached.Add))
                pending.Push(used);
        }

        return reached.Contains(to);
    }
}
