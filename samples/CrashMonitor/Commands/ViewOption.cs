using System.CommandLine;
using CrashStreams.Samples.Terminal;
using CrashStreams.Samples.CrashMonitor.Views;
using Spectre.Console;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>How a running monitor is shown.</summary>
internal sealed class ViewOption
{
    private readonly RowsOption _rows = new("Rows to show of each interval's table; a line counts the others", 20);
    private readonly Option<bool> _json = new("--json") { Description = "Write a JSON object per line: alerts to standard output, the status to standard error" };
    private readonly Option<bool> _plain = new("--plain") { Description = "Write lines on a terminal too, instead of a live view" };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _rows, _json, _plain })
            command.Add(option);
    }

    /// <summary>What opens the view: options are read before anything is created, a live view takes the terminal when the monitor starts.</summary>
    /// <exception cref="CrashStreams.CommandLine.UsageException">An option can't be used.</exception>
    public Func<string, IMonitorView> Read(ParseResult arguments)
    {
        var rows = _rows.Read(arguments);
        if (arguments.GetValue(_json))
            return _ => new JsonView(TimeProvider.System);
        if (arguments.GetValue(_plain) || Console.IsOutputRedirected || Console.IsErrorRedirected)
            return _ => new PlainView(rows, TimeProvider.System);
        return title => new LiveView(AnsiConsole.Console, title, rows);
    }
}
