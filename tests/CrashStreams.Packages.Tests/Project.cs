namespace CrashStreams.Packages.Tests;

/// <summary>Project files as users have them.</summary>
internal static class Project
{
    /// <summary>A library whose files begin with the namespaces that programs usually have: those of CrashStreams and of hosts.</summary>
    public static string Library(params (string Id, string Version)[] packages) =>
        Of("Library", "<ItemGroup><Using Include=\"CrashStreams\" /><Using Include=\"CrashStreams.Kafka\" /><Using Include=\"Microsoft.Extensions.DependencyInjection\" /><Using Include=\"Microsoft.Extensions.Hosting\" /><Using Include=\"OpenTelemetry.Metrics\" /><Using Include=\"OpenTelemetry.Trace\" /></ItemGroup>", packages);

    /// <summary>A test project of xunit v3 that tests another project.</summary>
    public static string Tests(string tested, params (string Id, string Version)[] packages) =>
        Of("Exe", $"<ItemGroup><ProjectReference Include=\"{tested}\" /></ItemGroup>", packages);

    /// <summary>A program on one of the SDKs that hosts have, with this project's packages and others' in the versions that this project uses.</summary>
    public static string Program(string sdk, string version, params string[] packages) => Of(
        "Exe", "", packages.Select(package => (package, package.StartsWith("CrashStreams", StringComparison.Ordinal) ? version : Repository.VersionOf(package)))).Replace("Microsoft.NET.Sdk", sdk, StringComparison.Ordinal);

    private static string Of(string output, string more, IEnumerable<(string Id, string Version)> packages) =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>{output}</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            {string.Join("\n    ", packages.Select(package => $"<PackageReference Include=\"{package.Id}\" Version=\"{package.Version}\" />"))}
          </ItemGroup>
          {more}
        </Project>
        """;
}
