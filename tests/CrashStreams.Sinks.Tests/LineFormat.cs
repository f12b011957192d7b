using System.Text;

namespace CrashStreams.Sinks.Tests;

/// <summary>Rows as lines of text.</summary>
internal sealed class LineFormat : IFileFormat<string>
{
    public string Extension => "txt";

    public byte[] Write(IReadOnlyList<string> rows) => Encoding.UTF8.GetBytes(string.Join('\n', rows));

    public static string[] Read(byte[] content) => Encoding.UTF8.GetString(content).Split('\n');
}
