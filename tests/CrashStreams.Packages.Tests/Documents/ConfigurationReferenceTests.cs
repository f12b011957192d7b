namespace CrashStreams.Packages.Tests.Documents;

public class ConfigurationReferenceTests
{
    /// <summary>Set by <c>./build.sh docs</c>: the page is written instead of compared.</summary>
    private static bool IsWriting => Environment.GetEnvironmentVariable("CRASHSTREAMS_WRITE_DOCS") == "1";

    [Fact]
    public void The_configuration_reference_says_what_the_code_says()
    {
        var path = Repository.PathOf("docs", "configuration.md");
        if (IsWriting)
            File.WriteAllText(path, ConfigurationReference.Text());

        File.ReadAllText(path).Should().Be(ConfigurationReference.Text(), "./build.sh docs writes the page");
    }
}
