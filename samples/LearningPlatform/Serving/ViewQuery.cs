using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Serving;

/// <summary>Which rows of a view are asked for: those of windows that end in (from, to], in which the columns have the given values.</summary>
/// <param name="View">The view.</param>
/// <param name="FromMs">Milliseconds since the Unix epoch, exclusive.</param>
/// <param name="ToMs">Inclusive.</param>
/// <param name="Filters">All of them hold.</param>
internal sealed record ViewQuery(View View, long FromMs, long ToMs, IReadOnlyList<ColumnFilter> Filters)
{
    private const string From = "from";
    private const string To = "to";

    /// <summary>Reads the parameters of a request.</summary>
    /// <exception cref="QueryException">One is missing, or can't be used.</exception>
    public static ViewQuery Parse(View view, IQueryCollection parameters)
    {
        var (from, to) = (Time(parameters, From), Time(parameters, To));
        if (from > to)
            throw new QueryException($"{From} is after {To}: rows of windows that end after {From} and not after {To} are asked for.");
        return new(view, from, to, [.. parameters.Where(static parameter => parameter.Key is not (From or To)).Select(parameter => Filter(view, parameter.Key, Single(parameters, parameter.Key)!))]);
    }

    private static ColumnFilter Filter(View view, string name, string value)
    {
        var index = view.Columns.ToList().FindIndex(column => column.Name == name);
        if (index < 0)
            throw new QueryException($"{view.Name} has no column '{name}'. There are: {string.Join(", ", view.Columns.Select(static column => column.Name))}.");
        return ColumnFilter.Parse(view, index, value) ?? throw new QueryException($"'{value}' is no value of column {name}, which holds {Kind(view.Columns[index].Type)}.");
    }

    private static long Time(IQueryCollection parameters, string name)
    {
        if (Single(parameters, name) is not { } text)
            throw new QueryException($"{name} is missing: say from which time to which windows end, for example ?{From}=2026-01-31T08:00:00Z&{To}=2026-01-31T09:00:00Z.");
        return QueryTime.Parse(text) ?? throw new QueryException($"{name} is '{text}', which is no ISO time: write it like 2026-01-31T08:00:00Z.");
    }

    private static string? Single(IQueryCollection parameters, string name) => parameters[name] switch
    {
        [] => null,
        [var value] => value,
        _ => throw new QueryException($"{name} is there several times."),
    };

    private static string Kind(ColumnType type) => type switch
    {
        ColumnType.Timestamp => "ISO times",
        ColumnType.Boolean => "true or false",
        ColumnType.Int64 => "whole numbers",
        _ => "numbers",
    };
}

/// <summary>A request that can't be answered as it is; the message says what to change.</summary>
internal sealed class QueryException(string message) : Exception(message);
