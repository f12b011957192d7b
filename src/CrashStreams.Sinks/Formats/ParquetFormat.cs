using Parquet;
using Parquet.Schema;

namespace CrashStreams.Sinks;

/// <summary>
/// Parquet files with one row group, compressed by Snappy. Add the columns in their order:
/// <c>new ParquetFormat&lt;Row&gt;().Timestamp("window_start", row => row.Start).Text("category", row => row.Category)</c>. A column whose function answers null for some rows is nullable.
/// </summary>
public sealed class ParquetFormat<TRow> : IFileFormat<TRow>
{
    private readonly List<(DataField Field, Func<ParquetRowGroupWriter, DataField, IReadOnlyList<TRow>, Task> Write)> _columns = [];
    private ParquetSchema? _schema;

    /// <inheritdoc/>
    public string Extension => "parquet";

    /// <summary>A column of text.</summary>
    public ParquetFormat<TRow> Text(string name, Func<TRow, string?> value) =>
        Add(new DataField(name, typeof(string), isNullable: true), (group, field, rows) => group.WriteAsync(field, rows.Select(value).ToArray()!));

    /// <summary>A column of 64-bit integers.</summary>
    public ParquetFormat<TRow> Int64(string name, Func<TRow, long> value) => Column(new DataField(name, typeof(long), isNullable: false), value);

    /// <summary>A nullable column of 64-bit integers.</summary>
    public ParquetFormat<TRow> Int64(string name, Func<TRow, long?> value) => NullableColumn(new DataField(name, typeof(long), isNullable: true), value);

    /// <summary>A column of double-precision numbers.</summary>
    public ParquetFormat<TRow> Double(string name, Func<TRow, double> value) => Column(new DataField(name, typeof(double), isNullable: false), value);

    /// <summary>A nullable column of double-precision numbers.</summary>
    public ParquetFormat<TRow> Double(string name, Func<TRow, double?> value) => NullableColumn(new DataField(name, typeof(double), isNullable: true), value);

    /// <summary>A column of booleans.</summary>
    public ParquetFormat<TRow> Boolean(string name, Func<TRow, bool> value) => Column(new DataField(name, typeof(bool), isNullable: false), value);

    /// <summary>A column of decimals with 38 digits, some of them behind the point; values are rounded to these, halves to the even neighbour.</summary>
    public ParquetFormat<TRow> Decimal(string name, int scale, Func<TRow, decimal> value) =>
        Column(new DecimalDataField(name, DecimalPrecision, scale, isNullable: false), row => Math.Round(value(row), scale));

    /// <summary>A nullable column of decimals with 38 digits, some of them behind the point; values are rounded to these, halves to the even neighbour.</summary>
    public ParquetFormat<TRow> Decimal(string name, int scale, Func<TRow, decimal?> value) =>
        NullableColumn<decimal>(new DecimalDataField(name, DecimalPrecision, scale, isNullable: true), row => value(row) is { } number ? Math.Round(number, scale) : null);

    /// <summary>A column of instants: milliseconds, adjusted to UTC.</summary>
    public ParquetFormat<TRow> Timestamp(string name, Func<TRow, DateTimeOffset> value) => Column(
        new DateTimeDataField(name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Millis, isNullable: false), row => value(row).UtcDateTime);

    /// <inheritdoc/>
    public byte[] Write(IReadOnlyList<TRow> rows)
    {
        var schema = _schema ??= new(_columns.Select(column => column.Field));
        using var bytes = new MemoryStream();
        // A memory stream makes nobody wait.
        WriteAsync(schema, rows, bytes).GetAwaiter().GetResult();
        return bytes.ToArray();
    }

    // The largest that decimals of 16 bytes hold.
    private const int DecimalPrecision = 38;

    private async Task WriteAsync(ParquetSchema schema, IReadOnlyList<TRow> rows, Stream output)
    {
        await using var file = await ParquetWriter.CreateAsync(schema, output).ConfigureAwait(false);
        using var group = file.CreateRowGroup();
        foreach (var (field, write) in _columns)
            await write(group, field, rows).ConfigureAwait(false);
    }

    private ParquetFormat<TRow> Column<T>(DataField field, Func<TRow, T> value)
        where T : struct => Add(field, (group, column, rows) => group.WriteAsync<T>(column, rows.Select(value).ToArray()));

    private ParquetFormat<TRow> NullableColumn<T>(DataField field, Func<TRow, T?> value)
        where T : struct => Add(field, (group, column, rows) => group.WriteAsync<T>(column, rows.Select(value).ToArray()));

    private ParquetFormat<TRow> Add(DataField field, Func<ParquetRowGroupWriter, DataField, IReadOnlyList<TRow>, Task> write)
    {
        if (_columns.Exists(column => column.Field.Name == field.Name))
            throw new ArgumentException($"There is a column '{field.Name}' already.", nameof(field));
        _columns.Add((field, write));
        _schema = null;
        return this;
    }
}
