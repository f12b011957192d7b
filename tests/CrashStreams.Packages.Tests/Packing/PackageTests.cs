using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace CrashStreams.Packages.Tests.Packing;

public class PackageTests(PackedRepository repository)
{
    private static string Git(string arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true })!;
        return git.StandardOutput.ReadToEnd().Trim();
    }

    [Fact]
    public void Every_project_under_src_is_a_package_with_its_symbols()
    {
        var projects = Repository.Libraries.Select(project => Path.GetFileNameWithoutExtension(project)).Select(name => name == "CrashStreams.Broker.Cli" ? "crashstreams-broker" : name);

        repository.Packages.Keys.Should().BeEquivalentTo(projects);
        foreach (var package in repository.Packages.Values)
            File.Exists(Path.Combine(repository.Feed, $"{package.Id}.{package.Version}.snupkg")).Should().BeTrue(package.Id);
    }

    [Fact]
    public void A_package_says_what_it_is_who_made_it_and_under_which_licence()
    {
        foreach (var package in repository.Packages.Values)
        {
            package.Text("license").Should().Be("Apache-2.0", package.Id);
            package.Text("description").Should().NotBeNullOrEmpty().And.NotBe("Package Description", package.Id);
            package.Text("authors").Should().NotBe(package.Id, "that is the default");
            package.Text("tags").Should().Contain("kafka", package.Id);
            package.Text("projectUrl").Should().BeNull("nobody has said where the project is published: {0}", package.Id);
            package.Text("readme").Should().Be("README.md", package.Id);
            package.Text("icon").Should().Be("icon.png", package.Id);
            package.Entries.Select(entry => entry.Name).Should().Contain(["README.md", "icon.png"], package.Id);
            package.ReadText("README.md").Should().StartWith($"# {package.Id}\n", package.Id);
        }
    }

    [Fact]
    public void A_package_names_its_commit_and_no_place_that_nobody_has_named()
    {
        var commit = Git("rev-parse HEAD");

        foreach (var package in repository.Packages.Values)
        {
            package.CommitUrl.Should().Be($" {commit}", package.Id);
            package.SourceLinks().Should().NotBeEmpty(package.Id).And.AllSatisfy(link => link.Should().NotContain("http", package.Id));
        }
    }

    [Fact]
    public async Task Where_the_project_is_published_is_said_when_it_is_packed()
    {
        var properties = await Command.RunAsync(
            Repository.Root, "dotnet", "msbuild", "src/CrashStreams", "-p:ProjectUrl=https://example.org/streams", "-getProperty:PackageProjectUrl,RepositoryUrl,PackageReleaseNotes,EnableSourceLink", "-nodeReuse:false");

        properties.Should().Contain("\"PackageProjectUrl\": \"https://example.org/streams\"").And.Contain("\"RepositoryUrl\": \"https://example.org/streams\"")
            .And.Contain("\"PackageReleaseNotes\": \"https://example.org/streams/blob/main/CHANGELOG.md\"").And.NotContain("\"EnableSourceLink\": \"false\"");
    }

    [Fact]
    public void The_files_of_a_package_carry_the_time_of_the_commit_so_that_packing_it_again_gives_the_same_bytes()
    {
        var commit = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Git("log -1 --format=%ct"), CultureInfo.InvariantCulture)).UtcDateTime;

        foreach (var package in repository.Packages.Values)
            package.Entries.Should().AllSatisfy(entry => entry.Written.Should().BeCloseTo(commit, TimeSpan.FromSeconds(2), "zip counts in twos: {0} {1}", package.Id, entry.Name));
    }

    [Fact]
    public void A_library_has_its_documentation_and_nothing_else_beside_its_assembly()
    {
        foreach (var package in repository.Packages.Values.Where(package => !package.IsTool))
            package.Entries.Select(entry => entry.Name).Where(name => !name.StartsWith("_rels/", StringComparison.Ordinal) && !name.StartsWith("package/", StringComparison.Ordinal) && name != "[Content_Types].xml")
                .Should().BeEquivalentTo([$"{package.Id}.nuspec", "README.md", "icon.png", $"lib/net10.0/{package.Id}.dll", $"lib/net10.0/{package.Id}.xml"], package.Id);
    }

    [Fact]
    public void A_package_depends_on_what_its_project_references_and_on_nothing_else()
    {
        foreach (var project in Repository.Libraries)
        {
            var package = repository.Packages.Values.SingleOrDefault(package => package.Id == Path.GetFileNameWithoutExtension(project));
            if (package is null)
                continue; // the tool: it carries its dependencies
            var references = XDocument.Load(project).Descendants()
                .Where(element => element.Name.LocalName is "PackageReference" or "ProjectReference" && (string?)element.Attribute("PrivateAssets") != "all")
                .Select(element => (string)element.Attribute("Include")!)
                .Select(include => include.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(include) : include);

            package.Dependencies.Should().BeEquivalentTo(references, package.Id);
        }
    }

    [Fact]
    public void All_packages_have_the_same_version_which_is_a_semantic_one()
    {
        repository.Packages.Values.Select(package => package.Version).Distinct().Should().ContainSingle()
            .Which.Should().MatchRegex(@"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$").And.NotStartWith("0.0.");
    }
}
