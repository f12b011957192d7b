using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;

namespace CrashStreams.Packages.Tests.Packing;

/// <summary>A package file and its symbols, read.</summary>
internal sealed class Package
{
    // Custom debug information of kind "source link": portable PDB specification.
    private static readonly Guid _sourceLink = new("CC110556-A091-4D38-9FEC-25AB9A351A6A");

    private readonly string _file;
    private readonly XElement _metadata;

    public Package(string file)
    {
        _file = file;
        using var zip = ZipFile.OpenRead(file);
        Entries = [.. zip.Entries.Select(entry => (entry.FullName, entry.LastWriteTime.DateTime))];
        using var nuspec = zip.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        _metadata = XDocument.Load(nuspec).Root!.Elements().Single();
    }

    public string Id => Text("id")!;

    public string Version => Text("version")!;

    public IReadOnlyList<(string Name, DateTime Written)> Entries { get; }

    public bool IsTool => _metadata.Descendants().Any(element => element.Name.LocalName == "packageType" && (string?)element.Attribute("name") == "DotnetTool");

    public string? CommitUrl => Element("repository") is { } repository ? $"{(string?)repository.Attribute("url")} {(string?)repository.Attribute("commit")}" : null;

    public IEnumerable<string> Dependencies => _metadata.Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => (string)element.Attribute("id")!);

    public string? Text(string name) => Element(name)?.Value;

    public string ReadText(string entry)
    {
        using var zip = ZipFile.OpenRead(_file);
        using var reader = new StreamReader(zip.GetEntry(entry)!.Open());
        return reader.ReadToEnd();
    }

    /// <summary>Where a debugger finds the sources of an assembly: JSON from the PDB in the symbol package.</summary>
    public IEnumerable<string> SourceLinks()
    {
        using var zip = ZipFile.OpenRead(Path.ChangeExtension(_file, ".snupkg"));
        foreach (var entry in zip.Entries.Where(entry => entry.FullName.EndsWith(".pdb", StringComparison.Ordinal)).ToList())
        {
            using var stream = new MemoryStream();
            using (var pdb = entry.Open())
                pdb.CopyTo(stream);
            stream.Position = 0;
            using var provider = MetadataReaderProvider.FromPortablePdbStream(stream);
            var reader = provider.GetMetadataReader();
            yield return reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
                .Where(information => reader.GetGuid(information.Kind) == _sourceLink)
                .Select(information => Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value))).SingleOrDefault() ?? $"{entry.FullName} has no links";
        }
    }

    private XElement? Element(string name) => _metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name);
}
