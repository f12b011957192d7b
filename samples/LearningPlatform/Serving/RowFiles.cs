using System.Diagnostics.Metrics;
using System.Globalization;
using CrashStreams.Samples.Learning.Storage;
using CrashStreams.Samples.Learning.Views;
using Microsoft.Extensions.Caching.Memory;
using Parquet.Serialization;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>The rows of stored files. A version of a file never changes: what was read is kept in memory, up to a bound.</summary>
internal sealed class RowFiles(IViewStorage storage, long mostBytes) : IDisposable
{
    // Of a row and a value in memory: an object's header, references, a boxed value or a short text.
    private const int BytesOfARow = 64;
    private const int BytesOfAValue = 40;

    /// <summary>Counts files that were read from the storage, and those that were in memory.</summary>
    public const string MeterName = "CrashStreams.Samples.Learning";

    private static readonly Meter _meter = new(MeterName);
    private static readonly Counter<long> _read = _meter.CreateCounter<long>("learning.files.read", "{file}", "Files of views, by whether they were read from the storage or found in memory");
    private static readonly KeyValuePair<string, object?> _fromStorage = new("from", "storage");
    private static readonly KeyValuePair<string, object?> _fromMemory = new("from", "memory");

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = mostBytes });

    /// <summary>The rows of a file; none when it has been removed since it was listed.</summary>
    /// <exception cref="InvalidDataException">It does not hold rows of the view.</exception>
    public async Task<IReadOnlyList<ViewRow>> ReadAsync(View view, StoredFile file, CancellationToken cancellation)
    {
        if (_cache.TryGetValue(file, out var kept))
        {
            _read.Add(1, _fromMemory);
            return (IReadOnlyList<ViewRow>)kept!;
        }

        _read.Add(1, _fromStorage);
        if (await storage.GetAsync(file.Name, cancellation) is not { } content)
            return [];
        var rows = await DecodeAsync(view, file.Name, content, cancellation);
        _cache.Set<IReadOnlyList<ViewRow>>(file, rows, new MemoryCacheEntryOptions { Size = BytesOfARow + ((BytesOfARow + ((long)view.Columns.Count * BytesOfAValue)) * rows.Count) });
        return rows;
    }

    public void Dispose() => _cache.Dispose();

    private static async Task<List<ViewRow>> DecodeAsync(View view, string name, byte[] content, CancellationToken cancellation)
    {
        try
        {
            using var stream = new MemoryStream(content);
            var decoded = await ParquetSerializer.DeserializeUntypedAsync(stream, cancellationToken: cancellation);
            if (view.Columns.FirstOrDefault(column => decoded.Schema.Fields.All(field => field.Name != column.Name)) is { } missing)
                throw new InvalidDataException($"column '{missing.Name}' is missing");
            // A row has no entry for a null.
            return [.. decoded.Data.Select(row => new ViewRow(view, [.. view.Columns.Select(column => Value(column, row.GetValueOrDefault(column.Name)))]))];
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidDataException($"the file '{name}' does not hold rows of {view.Name}: {e.Message}", e);
        }
    }

    private static object? Value(Column column, object? value) => (column.Type, value) switch
    {
        (_, null) => null,
        (ColumnType.Timestamp, DateTime time) => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
        (ColumnType.Text, _) => (string)value,
        (ColumnType.Int64, _) => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        (ColumnType.Boolean, _) => (bool)value,
        (ColumnType.Number or ColumnType.Rate, _) => Convert.ToDecimal(value, CultureInfo.InvariantCulture),
        _ => throw new InvalidDataException($"column '{column.Name}' holds {value.GetType().Name}"),
    };
}
