using CrashStreams.Samples.Learning.Events;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>What of a view's events is kept, and how its columns are calculated of that.</summary>
internal sealed class TallyShape
{
    private readonly View _view;
    private readonly List<Func<LearningEvent, bool>?> _conditions = [];
    private readonly Func<Tally, object?>[] _values;

    public TallyShape(View view)
    {
        _view = view;
        HasUsers = view.Measures.Any(measure => measure.Kind == MeasureKind.Users);
        var numbers = view.Measures.Where(measure => measure.Number is not null).Select(measure => measure.Number).Distinct().ToList();
        Number = numbers.Count > 1 ? throw new InvalidOperationException($"{view} takes several numbers of an event: only one is kept.") : numbers.SingleOrDefault();
        _values = [.. view.Measures.Select(ValueOf)];
    }

    /// <summary>Of each count; null: all events.</summary>
    public IReadOnlyList<Func<LearningEvent, bool>?> Conditions => _conditions;

    public Func<LearningEvent, decimal?>? Number { get; }

    public bool HasUsers { get; }

    /// <summary>The values of the view's measures.</summary>
    public IEnumerable<object?> ValuesOf(Tally tally) => _values.Select(value => value(tally));

    private Func<Tally, object?> ValueOf(Measure measure)
    {
        switch (measure.Kind)
        {
            case MeasureKind.Count:
                _conditions.Add(measure.When);
                var index = _conditions.Count - 1;
                return tally => tally.Counts[index];
            case MeasureKind.Users:
                return tally => (long)tally.Users!.Count;
            case MeasureKind.Sum:
                return tally => tally.Sum;
            case MeasureKind.Mean:
                return tally => Rounded(tally.Sum, tally.Numbers);
            case MeasureKind.Min:
                return tally => tally.Numbers == 0 ? null : tally.Min;
            case MeasureKind.Max:
                return tally => tally.Numbers == 0 ? null : tally.Max;
            case MeasureKind.Ratio:
                return tally => Rounded(Of(measure.Of, tally), Of(measure.By, tally));
            case MeasureKind.PerMinute:
                return tally => Rounded(Of(measure.Of, tally), (decimal)_view.Window.Size.TotalMinutes);
            case MeasureKind.AtLeast:
                return tally => Of(measure.Of, tally) >= measure.Least;
            default:
                throw new ArgumentOutOfRangeException(nameof(measure));
        }
    }

    private decimal Of(string name, Tally tally)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            if (_view.Measures[i].Column.Name == name)
                return Convert.ToDecimal(_values[i](tally), System.Globalization.CultureInfo.InvariantCulture);
        }

        throw new InvalidOperationException($"{_view} has no measure '{name}'.");
    }

    private static object? Rounded(decimal dividend, decimal divisor) => divisor == 0 ? null : Math.Round(dividend / divisor, Column.RateDecimals);
}
