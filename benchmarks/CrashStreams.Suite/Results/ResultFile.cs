using System.Text.Json;

namespace CrashStreams.Suite.Results;

/// <summary>What one run has measured: every single measurement, nothing averaged.</summary>
internal sealed record ResultFile<T>(RunInfo Run, IReadOnlyList<T> Results)
{
    private static readonly JsonSerializerOptions _format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(this, _format) + "\n");
        Console.WriteLine($"Results: {path}");
    }

    public static ResultFile<T> Read(string path) =>
        JsonSerializer.Deserialize<ResultFile<T>>(File.ReadAllText(path), _format) ?? throw new InvalidDataException($"{path} holds no results.");
}
