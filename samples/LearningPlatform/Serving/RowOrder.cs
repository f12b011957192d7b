using System.Text;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>Order of a view's rows: by window, then rank, then group by code point.</summary>
internal sealed class RowOrder : IComparer<ViewRow>, IEqualityComparer<ViewRow>
{
    private RowOrder()
    {
    }

    public static RowOrder Instance { get; } = new();

    /// <summary>Rows of one window and rank or group are one row.</summary>
    public static IEqualityComparer<ViewRow> SamePlace => Instance;

    public int Compare(ViewRow? x, ViewRow? y)
    {
        var order = x!.WindowStart.CompareTo(y!.WindowStart);
        for (var i = FirstOfPlace; order == 0 && i < FirstOfPlace + Places(x.View); i++)
            order = x.Values[i] is long number ? number.CompareTo((long)y.Values[i]!) : CompareText((string?)x.Values[i], (string?)y.Values[i]);
        return order;
    }

    public bool Equals(ViewRow? x, ViewRow? y) => Compare(x, y) == 0;

    public int GetHashCode(ViewRow row)
    {
        var hash = new HashCode();
        hash.Add(row.WindowStart);
        for (var i = FirstOfPlace; i < FirstOfPlace + Places(row.View); i++)
            hash.Add(row.Values[i]);
        return hash.ToHashCode();
    }

    // Behind window_start and window_end.
    private const int FirstOfPlace = 2;

    private static int Places(View view) => view.Ranks > 0 ? 1 : view.Per.Count;

    private static int CompareText(string? x, string? y) =>
        x is null || y is null ? (x is null ? 0 : 1) - (y is null ? 0 : 1) : Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y));
}
