using System.Globalization;
using System.Text;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>Rows in which a column has a value.</summary>
internal sealed class ColumnFilter
{
    private const string Null = "null";

    private readonly int _index;
    private readonly object? _value;

    private ColumnFilter(int index, object? value) => (_index, _value) = (index, value);

    /// <summary>Null when the text is no value of the column: of a number or a rate, <c>true</c> and <c>false</c>, an ISO time; <c>null</c> where the column may hold it.</summary>
    public static ColumnFilter? Parse(View view, int index, string text)
    {
        var column = view.Columns[index];
        if (column.IsNullable && text == Null)
            return new(index, null);
        object? value = column.Type switch
        {
            ColumnType.Text => text,
            ColumnType.Timestamp => QueryTime.Parse(text) is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null,
            ColumnType.Boolean => bool.TryParse(text, out var flag) ? flag : null,
            ColumnType.Int64 => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
            _ => decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null,
        };
        return value is null ? null : new(index, value);
    }

    public bool Matches(ViewRow row) => Equals(row.Values[_index], _value);
}

/// <summary>Times in addresses.</summary>
internal static class QueryTime
{
    /// <summary>Milliseconds since the Unix epoch; null when it is no ISO time. Where the plus of an offset was not encoded it has become a space.</summary>
    public static long? Parse(string text)
    {
        var last = text.LastIndexOf(' ');
        var mended = last > "yyyy-MM-dd".Length ? $"{text[..last]}+{text[(last + 1)..]}" : text;
        return IsoTime.TryParse(Encoding.UTF8.GetBytes(mended), out var milliseconds) && milliseconds >= _first && milliseconds <= _last ? milliseconds : null;
    }

    private static readonly long _first = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long _last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
}
