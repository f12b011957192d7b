using System.Globalization;
using CrashStreams.Samples.Verification;
using Parquet.Serialization;

namespace CrashStreams.Samples.Clickstream.Verification;

/// <summary>The rows of all Parquet files below a folder.</summary>
internal static class ParquetRows
{
    public static async Task FindAsync(RowCheck check, string folder, CancellationToken cancellation)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var path in Directory.EnumerateFiles(folder, "*.parquet", SearchOption.AllDirectories))
        {
            await using var file = File.OpenRead(path);
            var rows = await ParquetSerializer.DeserializeUntypedAsync(file, cancellationToken: cancellation);
            foreach (var row in rows.Data)
                check.Find(RowText.Of(row.Select(field => (field.Key, (object?)field.Value))));
        }
    }
}
