using CrashStreams.Packages.Tests.Packing;

namespace CrashStreams.Packages.Tests.Documents;

public class SnippetTests(PackedRepository repository)
{
    [Fact]
    public async Task Every_snippet_in_the_documents_compiles_against_the_packages()
    {
        var snippets = MarkdownFile.All.SelectMany(document => document.Snippets("csharp")).Where(snippet => !snippet.IsFile).ToList();
        using var folder = new FreshFolder(repository);
        foreach (var (i, snippet) in snippets.Index())
            folder.Write($"Snippets/Snippet{i}.cs", snippet.ToClass(i));
        folder.Write("Snippets/Snippets.csproj", Project.Library([
            .. repository.Packages.Values.Where(package => !package.IsTool).Select(package => (package.Id, package.Version)),
            .. new[] { "NUnit", "OpenTelemetry.Extensions.Hosting", "Polly.Core" }.Select(package => (package, Repository.VersionOf(package))),
            // xunit.v3 itself wants a program.
            .. new[] { "xunit.v3.assert", "xunit.v3.extensibility.core" }.Select(package => (package, Repository.VersionOf("xunit.v3"))),
        ]));

        snippets.Should().HaveCountGreaterThan(5);
        await folder.RunAsync("dotnet", "build", "Snippets", "-v", "q", "--nologo", "-clp:NoSummary");
    }

    [Fact]
    public void A_snippet_without_a_comment_that_says_what_is_given_names_its_file()
    {
        MarkdownFile.All.SelectMany(document => document.Snippets("csharp")).Where(snippet => snippet.IsFile && snippet.FileName is null)
            .Select(snippet => snippet.Place).Should().BeEmpty("the tests that run programs look for files by their names");
    }
}
