namespace CrashStreams.Samples.Learning.Views;

/// <summary>A final row of a view.</summary>
/// <param name="View">The view.</param>
/// <param name="Values">The value of each of the view's columns, in their order.</param>
internal sealed record ViewRow(View View, object?[] Values)
{
    public DateTimeOffset WindowStart => (DateTimeOffset)Values[0]!;

    public DateTimeOffset WindowEnd => (DateTimeOffset)Values[1]!;
}
