using CrashStreams.Sinks;

namespace CrashStreams.Samples.Clickstream.Results;

/// <summary>A row of the files with revenue.</summary>
internal sealed record RevenueRow(DateTimeOffset WindowStart, DateTimeOffset WindowEnd, string Category, long TransactionCount, decimal TotalRevenue)
{
    private const int Decimals = 10;

    public static ParquetFormat<RevenueRow> Format { get; } = new ParquetFormat<RevenueRow>()
        .Timestamp("window_start", row => row.WindowStart)
        .Timestamp("window_end", row => row.WindowEnd)
        .Text("category", row => row.Category)
        .Int64("transaction_count", row => row.TransactionCount)
        .Decimal("total_revenue", Decimals, row => row.TotalRevenue)
        .Decimal("avg_transaction", Decimals, row => row.TotalRevenue / row.TransactionCount);
}
