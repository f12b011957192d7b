using System.Globalization;
using System.Security;
using System.Text;
using System.Text.RegularExpressions;

namespace CrashStreams.CrashMonitor.Tests.Views;

/// <summary>A terminal: takes what a program writes, keeps what is to be seen, and draws it as SVG. It knows the sequences that Spectre.Console uses for live displays.</summary>
internal sealed partial class TerminalScreen
{
    private const double CellWidth = 8.4;
    private const int LineHeight = 18;
    private const int Margin = 12;

    private readonly List<List<(char Character, string? Color)>> _lines = [[]];
    private int _row;
    private int _column;
    private string? _color;

    public void Write(string output)
    {
        for (var i = 0; i < output.Length; i++)
        {
            if (output[i] == '\u001b' && Sequence().Match(output, i) is { Success: true, Index: var at } sequence && at == i)
            {
                Run(sequence.Groups[2].Value[0], sequence.Groups[1].Value);
                i += sequence.Length - 1;
            }
            else
            {
                Put(output[i]);
            }
        }
    }

    /// <summary>What is to be seen, without blank lines at the end.</summary>
    public IReadOnlyList<string> Text
    {
        get
        {
            var lines = _lines.ConvertAll(static line => string.Concat(line.Select(static cell => cell.Character)).TrimEnd());
            return lines[..(lines.FindLastIndex(static line => line.Length > 0) + 1)];
        }
    }

    public string ToSvg()
    {
        var (rows, columns) = (Text.Count, Text.Max(static line => line.Length));
        var (width, height) = ((int)((columns * CellWidth) + (2 * Margin)), (rows * LineHeight) + (2 * Margin));
        var svg = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
            <rect width="100%" height="100%" rx="6" fill="#1e1e2e"/>
            <g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#cdd6f4" xml:space="preserve">

            """));
        for (var row = 0; row < rows; row++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Margin}\" y=\"{Margin + ((row + 1) * LineHeight) - 4}\" textLength=\"{Text[row].Length * CellWidth:0.#}\">");
            var cells = _lines[row].Take(Text[row].Length).ToList();
            for (var i = 0; i < cells.Count;)
            {
                var run = cells.Skip(i).TakeWhile(cell => cell.Color == cells[i].Color).ToList();
                var text = SecurityElement.Escape(string.Concat(run.Select(static cell => cell.Character)));
                svg.Append(cells[i].Color is { } color ? $"<tspan fill=\"{color}\">{text}</tspan>" : text);
                i += run.Count;
            }

            svg.Append("</text>\n");
        }

        return svg.Append("</g>\n</svg>\n").ToString().ReplaceLineEndings("\n");
    }

    private void Put(char character)
    {
        if (character == '\n')
        {
            (_row, _column) = (_row + 1, 0);
            while (_lines.Count <= _row)
                _lines.Add([]);
            return;
        }

        if (character == '\r')
        {
            _column = 0;
            return;
        }

        var line = _lines[_row];
        while (line.Count <= _column)
            line.Add((' ', null));
        line[_column++] = (character, _color);
    }

    private void Run(char command, string parameters)
    {
        var count = int.TryParse(parameters, CultureInfo.InvariantCulture, out var number) ? number : 0;
        switch (command)
        {
            case 'A':
                _row = Math.Max(0, _row - Math.Max(1, count));
                break;
            case 'K':
                _lines[_row].RemoveRange(count == 2 ? 0 : Math.Min(_column, _lines[_row].Count), count == 2 ? _lines[_row].Count : Math.Max(0, _lines[_row].Count - _column));
                break;
            case 'm':
                _color = Color(parameters, _color);
                break;
            case 'h' or 'l': // shows and hides the cursor
                break;
            default:
                throw new NotSupportedException($"ESC [ {parameters} {command}");
        }
    }

    // "38;5;8" is grey of 256 colors, "0" the default; bold and the like are not drawn.
    private static string? Color(string parameters, string? present) => parameters switch
    {
        "" or "0" => null,
        "90" or "38;5;8" => "#7f849c",
        _ when parameters.StartsWith("38;5;", StringComparison.Ordinal) => "#89b4fa",
        _ => present,
    };

    [GeneratedRegex(@"\u001b\[\??([0-9;]*)([A-Za-z])")]
    private static partial Regex Sequence();
}
