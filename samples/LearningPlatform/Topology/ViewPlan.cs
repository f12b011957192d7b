using CrashStreams.Log;
using CrashStreams.Samples.Learning.Events;
using CrashStreams.Samples.Learning.Views;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>
/// A view with its times in milliseconds. Windows are made of panes, as long as the view's windows advance: a tumbling window is one pane, a window of five minutes that hops by one is five.
/// A window closes when event time comes to its end + <see cref="SpanMs"/>.
/// </summary>
internal sealed class ViewPlan
{
    private readonly int _windowsOfPane;
    private readonly Func<LearningEvent, string?> _group;

    public ViewPlan(View view, byte index, TimeSpan grace)
    {
        (View, Index, Shape) = (view, index, new(view));
        PaneMs = (long)view.Window.Advance.TotalMilliseconds;
        SizeMs = (long)view.Window.Size.TotalMilliseconds;
        SpanMs = (long)(view.Waits + grace).TotalMilliseconds;
        _windowsOfPane = (int)(SizeMs / PaneMs);
        IsOneGroup = view.Per.Count == 0;
        Accepts = [.. Enum.GetValues<EventType>().Select(type => view.Of.Count == 0 || view.Of.Contains(type))];
        _group = view.Per switch
        {
            [] => static _ => "",
            [var only] => only.Value,
            [var first, var second] => e => first.Value(e) is { } one && second.Value(e) is { } other ? $"{one.Length}:{one}{other}" : null,
            _ => throw new InvalidOperationException($"{view} has more than two columns to group by."),
        };
    }

    public View View { get; }

    /// <summary>Its number in the catalogue, by which partial results name it.</summary>
    public byte Index { get; }

    public TallyShape Shape { get; }

    public long PaneMs { get; }

    public long SizeMs { get; }

    /// <summary>From a window's end to its closing.</summary>
    public long SpanMs { get; }

    public bool IsOneGroup { get; }

    /// <summary>By type, whether the view is about it.</summary>
    public bool[] Accepts { get; }

    /// <summary>Plans of a job's views.</summary>
    public static IReadOnlyList<ViewPlan> Of(Job job, TimeSpan grace) =>
        [.. ViewCatalog.All.Select((view, index) => (view, index)).Where(v => v.view.Job == job).Select(v => new ViewPlan(v.view, (byte)v.index, grace))];

    public long PaneOf(long timeMs) => timeMs / PaneMs * PaneMs;

    /// <summary>The group of an event; null when it is in none.</summary>
    public string? GroupOf(LearningEvent e) => _group(e);

    /// <summary>The parts of a group, as columns show them.</summary>
    public IEnumerable<string> PartsOf(string group)
    {
        if (View.Per.Count < 2)
            return IsOneGroup ? [] : [group];
        var colon = group.IndexOf(':', StringComparison.Ordinal);
        var second = colon + 1 + int.Parse(group.AsSpan(0, colon), System.Globalization.CultureInfo.InvariantCulture);
        return [group[(colon + 1)..second], group[second..]];
    }

    /// <summary>
    /// How many of a pane's windows an event has missed, the earliest first, when its partition has come to a time; all of them: the event is late. Windows of a pane end one pane after the other,
    /// the first at the pane's own end.
    /// </summary>
    public int MissedWindows(long pane, long watermark, out bool isLate)
    {
        var beyond = watermark - (pane + PaneMs + SpanMs);
        var missed = beyond < 0 ? 0 : (beyond / PaneMs) + 1;
        isLate = missed >= _windowsOfPane;
        return isLate ? _windowsOfPane : (int)missed;
    }

    /// <summary>When the last window of a time's pane closes.</summary>
    public long LastClosing(long timeMs) => PaneOf(timeMs) + SizeMs + SpanMs;

    /// <summary>
    /// Where partial results of a group are brought together. All groups of a view that ranks them are in one place, and so is a view of one group; what comes there is counted already, so
    /// that it is little however many events there are.
    /// </summary>
    public int ShardOf(string group) => Shards.Of(IsOneGroup || View.Ranks > 0 ? View.Name : group);
}

/// <summary>The parts into which work is divided: several to a partition, so that partitions and instances can be more or fewer.</summary>
internal static class Shards
{
    public const int Count = 64;

    public static int Of(string text)
    {
        Span<byte> bytes = stackalloc byte[256];
        var utf8 = text.Length <= bytes.Length / 3 ? bytes[..System.Text.Encoding.UTF8.GetBytes(text, bytes)] : System.Text.Encoding.UTF8.GetBytes(text);
        return Murmur2.Partition(utf8, Count);
    }
}
