using DuckDB.NET.Data;

namespace CrashStreams.Sinks.Tests;

public class ParquetFormatTests
{
    private sealed record Row(DateTimeOffset At, string? Text, long Number, long? MaybeNumber, double Ratio, double? MaybeRatio, bool Flag, decimal Sum, decimal? MaybeSum);

    private static readonly ParquetFormat<Row> _format = new ParquetFormat<Row>()
        .Timestamp("at", row => row.At).Text("text", row => row.Text).Int64("number", row => row.Number).Int64("maybe_number", row => row.MaybeNumber)
        .Double("ratio", row => row.Ratio).Double("maybe_ratio", row => row.MaybeRatio).Boolean("flag", row => row.Flag).Decimal("sum", 10, row => row.Sum).Decimal("maybe_sum", 2, row => row.MaybeSum);

    private static readonly Row[] _rows =
    [
        new(new(2026, 1, 31, 8, 15, 0, 123, TimeSpan.FromHours(1)), "ünïcode", long.MinValue, null, 0.5, null, true, -123456789012345678.1234567891m, null),
        new(DateTimeOffset.UnixEpoch, null, long.MaxValue, 7, -1e300, 0.25, false, 0.0000000001m, 1.005m),
    ];

    [Fact]
    public void Every_kind_of_column_reads_as_it_was_written()
    {
        var read = Query(_format.Write(_rows), "select epoch_ms(\"at\"), text, number, maybe_number, ratio, maybe_ratio, flag, sum, maybe_sum from rows");

        read.Should().BeEquivalentTo(
            new object?[][]
            {
                [_rows[0].At.ToUnixTimeMilliseconds(), "ünïcode", long.MinValue, null, 0.5, null, true, -123456789012345678.1234567891m, null],
                [0L, null, long.MaxValue, 7L, -1e300, 0.25, false, 0.0000000001m, 1.00m],
            }, options => options.WithStrictOrdering());
    }

    [Fact]
    public void Columns_have_the_types_that_other_programs_expect()
    {
        var types = Query(_format.Write(_rows), "select column_name, column_type from (describe from rows)").ToDictionary(row => (string)row[0]!, row => (string)row[1]!);

        types.Should().Equal(new Dictionary<string, string>
        {
            ["at"] = "TIMESTAMP WITH TIME ZONE", ["text"] = "VARCHAR", ["number"] = "BIGINT", ["maybe_number"] = "BIGINT", ["ratio"] = "DOUBLE", ["maybe_ratio"] = "DOUBLE", ["flag"] = "BOOLEAN",
            ["sum"] = "DECIMAL(38,10)", ["maybe_sum"] = "DECIMAL(38,2)",
        });
    }

    [Fact]
    public void The_same_rows_give_the_same_bytes() => _format.Write(_rows).Should().Equal(_format.Write(_rows));

    [Fact]
    public void A_column_that_is_there_twice_is_refused() =>
        FluentActions.Invoking(() => new ParquetFormat<Row>().Text("text", row => row.Text).Int64("text", row => row.Number)).Should().Throw<ArgumentException>().WithMessage("*'text'*");

    private static List<object?[]> Query(byte[] file, string query)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, file);
            using var connection = new DuckDBConnection("DataSource=:memory:");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"create view rows as select * from read_parquet('{path}'); {query}";
            using var reader = command.ExecuteReader();
            var rows = new List<object?[]>();
            do
            {
                while (reader.Read())
                    rows.Add(Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i)).ToArray());
            }
            while (reader.NextResult());
            return rows;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
