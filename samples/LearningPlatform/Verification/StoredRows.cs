using System.Globalization;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Verification;
using Parquet.Serialization;

namespace CrashStreams.Samples.Learning.Verification;

/// <summary>The rows of all Parquet files of a view.</summary>
internal static class StoredRows
{
    /// <param name="check">Takes the rows.</param>
    /// <param name="storage">Where they are.</param>
    /// <param name="root">The folder of all views.</param>
    /// <param name="view">The view.</param>
    /// <param name="cancellation">Stops early.</param>
    public static async Task FindAsync(RowCheck check, IViewStorage storage, string root, string view, CancellationToken cancellation)
    {
        await foreach (var (name, _) in storage.ListAsync($"{root}/{view}/", cancellation))
        {
            if (!name.EndsWith(".parquet", StringComparison.Ordinal) || await storage.GetAsync(name, cancellation) is not { } bytes)
                continue;
            using var file = new MemoryStream(bytes);
            var rows = await ParquetSerializer.DeserializeUntypedAsync(file, cancellationToken: cancellation);
            var columns = rows.Schema.Fields.Select(field => field.Name).ToList();
            foreach (var row in rows.Data)
            {
                // A row has no entry for a null.
                var folder = string.Create(CultureInfo.InvariantCulture, $"{root}/{view}/date={row["window_start"]:yyyy-MM-dd}/hour={row["window_start"]:HH}/");
                check.Find($"{(name.StartsWith(folder, StringComparison.Ordinal) ? "" : $"in {name}: ")}{RowText.Of(columns.Select(column => (column, (object?)row.GetValueOrDefault(column))))}");
            }
        }
    }
}
