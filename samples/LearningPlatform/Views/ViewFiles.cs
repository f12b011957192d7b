using System.Globalization;
using CrashStreams.Sinks;

namespace CrashStreams.Samples.Learning.Views;

/// <summary>Rows as Parquet files, <c>realtime_views/VIEW/date=YYYY-MM-DD/hour=HH/NAME.parquet</c>. A file's rows are of one view.</summary>
internal sealed class ViewFiles : IFileFormat<ViewRow>
{
    public const string LiveRoot = "realtime_views";
    public const string BatchRoot = "batch_views";

    private readonly Dictionary<View, ParquetFormat<ViewRow>> _formats = ViewCatalog.All.ToDictionary(view => view, FormatOf);

    public string Extension => "parquet";

    public static string LiveFolder(ViewRow row) => Folder(LiveRoot, row.View, row.WindowStart);

    /// <summary>The folder of rows whose window starts within an hour.</summary>
    public static string Folder(string root, View view, DateTimeOffset windowStart) =>
        string.Create(CultureInfo.InvariantCulture, $"{root}/{view.Name}/date={windowStart.UtcDateTime:yyyy-MM-dd}/hour={windowStart.UtcDateTime:HH}");

    public byte[] Write(IReadOnlyList<ViewRow> rows) => _formats[rows[0].View].Write(rows);

    private static ParquetFormat<ViewRow> FormatOf(View view)
    {
        var format = new ParquetFormat<ViewRow>();
        for (var i = 0; i < view.Columns.Count; i++)
            Add(format, view.Columns[i], i);
        return format;
    }

    private static void Add(ParquetFormat<ViewRow> format, Column column, int index) => _ = (column.Type, column.IsNullable) switch
    {
        (ColumnType.Timestamp, _) => format.Timestamp(column.Name, row => (DateTimeOffset)row.Values[index]!),
        (ColumnType.Text, _) => format.Text(column.Name, row => (string?)row.Values[index]),
        (ColumnType.Int64, _) => format.Int64(column.Name, row => (long)row.Values[index]!),
        (ColumnType.Boolean, _) => format.Boolean(column.Name, row => (bool)row.Values[index]!),
        (ColumnType.Number, false) => format.Decimal(column.Name, Column.NumberDecimals, row => (decimal)row.Values[index]!),
        (ColumnType.Number, true) => format.Decimal(column.Name, Column.NumberDecimals, row => (decimal?)row.Values[index]),
        (ColumnType.Rate, false) => format.Decimal(column.Name, Column.RateDecimals, row => (decimal)row.Values[index]!),
        _ => format.Decimal(column.Name, Column.RateDecimals, row => (decimal?)row.Values[index]),
    };
}
