using System.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Samples.CrashMonitor.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>The arguments that say what the monitor looks for: the same for running and for verifying.</summary>
internal sealed class MonitorArguments
{
    private static readonly CrashMonitorOptions _defaults = new();

    private readonly Option<string> _application = new("--application") { Description = "Application id: consumer group and prefix of the monitor's own topics", DefaultValueFactory = _ => _defaults.ApplicationId };
    private readonly Option<string> _input = new("--input") { Description = "Topic with the log lines", DefaultValueFactory = _ => _defaults.InputTopic };
    private readonly Option<string> _alerts = new("--alerts") { Description = "Topic for the alerts", DefaultValueFactory = _ => _defaults.AlertTopic };
    private readonly Option<int> _threshold = new("--threshold") { Description = "Report users with more crashes than this", DefaultValueFactory = _ => _defaults.Threshold };
    private readonly DurationOption _window = new("--window", "Length of the windows", _defaults.Window);
    private readonly DurationOption _grace = new("--grace", "How long a window waits for lines out of order", _defaults.Grace);
    private readonly DurationOption _correctWithin = new("--correct-within", "Late lines within this longer grace correct results; by default they are dropped", null);
    private readonly Option<TimestampUnit> _unit = new("--timestamps") { Description = "What the field timestamp counts", DefaultValueFactory = _ => _defaults.TimestampUnit };
    private readonly Option<bool> _caseSensitive = new("--case-sensitive") { Description = "Only \"crash\" in lower case is a crash" };
    private readonly DurationOption _maxFuture = new("--max-future", "Lines further ahead of the clock go where late ones go", _defaults.MaxFuture);

    public void AddTo(Command command)
    {
        AddTopicsTo(command);
        foreach (var option in new Option[] { _threshold, _window, _grace, _correctWithin, _unit, _caseSensitive, _maxFuture })
            command.Add(option);
    }

    /// <summary>Only what names topics.</summary>
    public void AddTopicsTo(Command command)
    {
        foreach (var option in new Option[] { _application, _input, _alerts })
            command.Add(option);
    }

    /// <summary>Only what the load generator has to know.</summary>
    public void AddInputTo(Command command)
    {
        command.Add(_input);
        command.Add(_unit);
    }

    public CrashMonitorOptions ReadTopics(ParseResult arguments) => new()
    {
        ApplicationId = arguments.GetValue(_application)!,
        InputTopic = arguments.GetValue(_input)!,
        AlertTopic = arguments.GetValue(_alerts)!,
    };

    public (string Topic, TimestampUnit Unit) ReadInput(ParseResult arguments) => (arguments.GetValue(_input)!, arguments.GetValue(_unit));

    public CrashMonitorOptions Read(ParseResult arguments) => ReadTopics(arguments) with
    {
        Threshold = arguments.GetValue(_threshold),
        Window = _window.Read(arguments),
        Grace = _grace.Read(arguments),
        CorrectWithin = _correctWithin.ReadOrNone(arguments),
        TimestampUnit = arguments.GetValue(_unit),
        CaseSensitive = arguments.GetValue(_caseSensitive),
        MaxFuture = _maxFuture.Read(arguments),
    };
}
