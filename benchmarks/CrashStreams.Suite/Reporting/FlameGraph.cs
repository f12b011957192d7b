using System.Globalization;
using System.Net;
using System.Text;

namespace CrashStreams.Suite.Reporting;

/// <summary>
/// A profile as a picture: each box is a function, as wide as its share of the samples, above who called it. Reads what <c>perf script -F comm,ip,sym</c> prints: a sample is the thread's name,
/// then a line for each frame, the innermost first, then an empty line.
/// </summary>
internal sealed class FlameGraph
{
    private const int Width = 1200, RowHeight = 17, LetterWidth = 7;
    private const double LeastShare = 0.002;
    private const string Unknown = "[unknown]";

    private readonly Frame _root = new("all");

    public static FlameGraph Read(IEnumerable<string> lines)
    {
        var graph = new FlameGraph();
        var (stack, thread) = (new List<string>(), "");
        foreach (var line in lines.Append(""))
        {
            if (line.Length == 0)
            {
                if (stack.Count > 0)
                    graph.Add([thread, .. Enumerable.Reverse(stack)]);
                stack.Clear();
            }
            else if (char.IsWhiteSpace(line[0]))
            {
                // Code without symbols is walked as a tower of callers without names: one box says as much.
                if (Name(line.Trim()) is var name && (name != Unknown || stack.LastOrDefault() != Unknown))
                    stack.Add(name);
            }
            else
            {
                thread = line.Trim();
            }
        }

        return graph;
    }

    public string Svg(string title)
    {
        var height = (Depth(_root) + 2) * RowHeight;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="monospace" font-size="11">""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect width="{Width}" height="{height}" fill="#ffffff"/><text x="4" y="13">{WebUtility.HtmlEncode(title)}</text>""");
        Draw(svg, _root, 0, 0, height);
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>The functions that were met most often at work themselves, by thread, and their shares.</summary>
    public IEnumerable<(string Name, double Share)> Heaviest(int count)
    {
        var own = new Dictionary<string, long>();
        foreach (var thread in _root.Callees.Values)
            AddOwn(thread, thread.Name, own);
        return own.OrderByDescending(static o => o.Value).Take(count).Select(o => (o.Key, (double)o.Value / _root.Samples));
    }

    private static void AddOwn(Frame frame, string thread, Dictionary<string, long> own)
    {
        var (name, samples) = ($"{thread}: {frame.Name}", frame.Samples - frame.Callees.Values.Sum(static c => c.Samples));
        own[name] = own.GetValueOrDefault(name) + samples;
        foreach (var callee in frame.Callees.Values)
            AddOwn(callee, thread, own);
    }

    // A frame is "7f12 symbol".
    private static string Name(string frame) => frame.Split(' ', 2) is [_, var name] ? name : frame;

    private int Depth(Frame frame) => 1 + frame.Callees.Values.Where(IsShown).Select(Depth).DefaultIfEmpty().Max();

    private bool IsShown(Frame frame) => frame.Samples >= _root.Samples * LeastShare;

    private void Add(IReadOnlyList<string> stack)
    {
        var frame = _root;
        frame.Samples++;
        foreach (var name in stack)
        {
            if (!frame.Callees.TryGetValue(name, out var callee))
                frame.Callees.Add(name, callee = new(name));
            callee.Samples++;
            frame = callee;
        }
    }

    private void Draw(StringBuilder svg, Frame frame, double x, int depth, int height)
    {
        var width = (double)Width * frame.Samples / _root.Samples;
        var y = height - ((depth + 1) * RowHeight);
        // A colour by the name, so that a function has the same one everywhere.
        var hue = frame.Name.Aggregate(17, static (hash, letter) => (hash * 31) + letter) & 63;
        var letters = (int)(width / LetterWidth);
        var label = letters < 3 ? "" : frame.Name.Length <= letters ? frame.Name : frame.Name[..(letters - 2)] + "..";
        svg.AppendLine(
            CultureInfo.InvariantCulture,
            $"""<g><title>{WebUtility.HtmlEncode(frame.Name)}: {100.0 * frame.Samples / _root.Samples:0.0} %</title><rect x="{x:0.0}" y="{y}" width="{width:0.0}" height="{RowHeight - 1}" fill="hsl({hue},80%,{65 + (hue % 12)}%)"/><text x="{x + 2:0.0}" y="{y + 12}">{WebUtility.HtmlEncode(label)}</text></g>""");
        foreach (var callee in frame.Callees.Values.Where(IsShown).OrderBy(static c => c.Name, StringComparer.Ordinal))
        {
            Draw(svg, callee, x, depth + 1, height);
            x += (double)Width * callee.Samples / _root.Samples;
        }
    }

    private sealed class Frame(string name)
    {
        public string Name => name;

        public long Samples { get; set; }

        public Dictionary<string, Frame> Callees { get; } = [];
    }
}
