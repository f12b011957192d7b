using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.CrashMonitor;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.CrashMonitor.Commands;

/// <summary>The arguments that say what the monitor looks for: the same for running and for verifying.</summary>
internal sealed class MonitorArguments
{
    private static readonly CrashMonitorOptions _defaults = new();

    private readonly Option<string> _application = new("--application-id", "--application") { Description = "Application id: consumer group and prefix of the monitor's own topics", DefaultValueFactory = _ => _defaults.ApplicationId };
    private readonly Option<string> _input = new("--input-topic", "--input") { Description = "Topic with the log lines", DefaultValueFactory = _ => _defaults.InputTopic };
    private readonly Option<string> _alerts = new("--alert-topic", "--alerts") { Description = "Topic for the alerts", DefaultValueFactory = _ => _defaults.AlertTopic };
    private readonly Option<int> _threshold = new("--threshold") { Description = "Report users with more crashes than this", DefaultValueFactory = _ => _defaults.Threshold };
    private readonly DurationOption _window = new("--window", "Length of the windows", _defaults.Window);
    private readonly DurationOption _grace = new("--grace", "How long a window waits for lines out of order", _defaults.Grace);
    private readonly DurationOption _correctWithin = new("--correct-within", "Late lines within this longer grace correct results; by default they are dropped", null);
    private readonly ChoiceOption<TimestampUnit> _unit = new("--timestamp-unit", "What the field timestamp counts", _defaults.TimestampUnit, "--timestamps");
    private readonly Option<bool> _caseSensitive = new("--case-sensitive") { Description = "Only \"crash\" in lower case is a crash" };
    private readonly DurationOption _maxFuture = new("--max-future", "Lines further ahead of the clock go where late ones go", _defaults.MaxFuture);

    // The options' names for messages that speak of properties.
    private static readonly Dictionary<string, string> _optionOf = new()
    {
        [nameof(CrashMonitorOptions.ApplicationId)] = "--application-id",
        [nameof(CrashMonitorOptions.InputTopic)] = "--input-topic",
        [nameof(CrashMonitorOptions.AlertTopic)] = "--alert-topic",
        [nameof(CrashMonitorOptions.LateTopic)] = "--late-topic",
        [nameof(CrashMonitorOptions.DeadLetterTopic)] = "--dead-letter-topic",
        [nameof(CrashMonitorOptions.BadInput)] = "--bad-input",
        [nameof(CrashMonitorOptions.Threads)] = "--threads",
        [nameof(CrashMonitorOptions.Threshold)] = "--threshold",
        [nameof(CrashMonitorOptions.Window)] = "--window",
        [nameof(CrashMonitorOptions.Grace)] = "--grace",
        [nameof(CrashMonitorOptions.CorrectWithin)] = "--correct-within",
        [nameof(CrashMonitorOptions.IdleAfter)] = "--idle-after",
        [nameof(CrashMonitorOptions.CloseAfterIdle)] = "--close-after-idle",
        [nameof(CrashMonitorOptions.MaxFuture)] = "--max-future",
        [nameof(CrashMonitorOptions.Debug)] = "--debug",
    };

    /// <summary>The options, if they can be used.</summary>
    /// <exception cref="UsageException">They can't; the message speaks of arguments.</exception>
    public static CrashMonitorOptions Checked(CrashMonitorOptions options)
    {
        try
        {
            options.Validate();
            return options;
        }
        catch (TopologyException e)
        {
            throw Refused(e);
        }
    }

    /// <summary>What an engine says of options, in words of arguments.</summary>
    public static UsageException Refused(TopologyException refused) => UsageException.Of(refused, _optionOf);

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

    public (string Topic, TimestampUnit Unit) ReadInput(ParseResult arguments) =>
        (Checked(new() { InputTopic = arguments.GetValue(_input)! }).InputTopic, _unit.Read(arguments));

    public CrashMonitorOptions Read(ParseResult arguments) => ReadTopics(arguments) with
    {
        Threshold = arguments.GetValue(_threshold),
        Window = _window.Read(arguments),
        Grace = _grace.Read(arguments),
        CorrectWithin = _correctWithin.ReadOrNone(arguments),
        TimestampUnit = _unit.Read(arguments),
        CaseSensitive = arguments.GetValue(_caseSensitive),
        MaxFuture = _maxFuture.Read(arguments),
    };
}
