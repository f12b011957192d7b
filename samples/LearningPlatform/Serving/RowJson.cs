using System.Globalization;
using System.Text.Json;
using CrashStreams.Samples.Events;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>Rows as JSON objects.</summary>
internal static class RowJson
{
    // Without a digit before the point it adds its decimals to a number that has fewer.
    private const decimal RateDecimals = 0.000000m;

    // Divided by it a number loses its trailing zeros.
    private const decimal One = 1.0000000000000000000000000000m;

    public static void Write(Utf8JsonWriter json, ViewRow row)
    {
        json.WriteStartObject();
        for (var i = 0; i < row.Values.Length; i++)
            Write(json, row.View.Columns[i], row.Values[i]);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Column column, object? value)
    {
        json.WritePropertyName(column.Name);
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case DateTimeOffset time:
                json.WriteStringValue(time.UtcDateTime.ToString(UtcTimeConverter.Format, CultureInfo.InvariantCulture));
                break;
            case decimal number:
                json.WriteNumberValue(column.Type == ColumnType.Rate ? decimal.Round(number, Column.RateDecimals) + RateDecimals : number / One);
                break;
            default:
                throw new InvalidOperationException($"column '{column.Name}' holds {value.GetType().Name}");
        }
    }
}
