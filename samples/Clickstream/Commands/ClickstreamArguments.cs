using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Clickstream.Topology;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Clickstream.Commands;

/// <summary>The arguments that several commands have.</summary>
internal sealed class ClickstreamArguments
{
    private static readonly ClickstreamOptions _defaults = new();

    private readonly Option<string> _application = Text("--application", "Consumer group and prefix of the application's own topics", _defaults.ApplicationId);
    private readonly Option<string> _clickstream = Topic("--clickstream", "Topic with the clicks", _defaults.Clickstream);
    private readonly Option<string> _transactions = Topic("--transactions", "Topic with the purchases", _defaults.Transactions);
    private readonly Option<string> _pageViews = Topic("--page-views", "Topic for page views", _defaults.PageViews);
    private readonly Option<string> _analytics = Topic("--analytics-results", "Topic for clicks and conversions", _defaults.AnalyticsResults);
    private readonly Option<string> _sessions = Topic("--sessions", "Topic for sessions", _defaults.Sessions);
    private readonly Option<string> _out = Text("--out", "Folder; the files with revenue go to its folder 'revenue'", _defaults.Out);
    private readonly DurationOption _grace = new("--grace", "How long results wait for late events", _defaults.Grace);
    private readonly DurationOption _maxFuture = new("--max-future", "Events further ahead of the clock are not believed, and counted", _defaults.MaxFuture);
    private readonly ChoiceOption<ProcessingGuarantee> _guarantee = new("--guarantee", "What a crash may do to the results", _defaults.Guarantee);
    private readonly Option<int> _threads = new("--threads") { Description = "Stream threads of this instance", DefaultValueFactory = _ => 1 };

    public IReadOnlyList<Option> Inputs => [_clickstream, _transactions];

    public IReadOnlyList<Option> TopicNames => [_application, .. Inputs, _pageViews, _analytics, _sessions];

    /// <summary>Those of <c>run</c> and <c>verify</c>, which must be the same.</summary>
    public IReadOnlyList<Option> All => [.. TopicNames, _out, _grace, _maxFuture, _guarantee, _threads];

    public static Command Topics()
    {
        var names = new ClickstreamArguments();
        return new TopicCommands(
            "clickstream", names.TopicNames, (arguments, partitions) => names.Read(arguments).Topics(partitions), arguments => (names.Read(arguments).ApplicationId, ClickstreamTopology.OwnTopics)).Create(6);
    }

    /// <exception cref="UsageException">An option can't be used.</exception>
    public ClickstreamOptions Read(ParseResult arguments)
    {
        var options = new ClickstreamOptions
        {
            ApplicationId = arguments.ValueOf(_application),
            Clickstream = arguments.ValueOf(_clickstream),
            Transactions = arguments.ValueOf(_transactions),
            PageViews = arguments.ValueOf(_pageViews),
            AnalyticsResults = arguments.ValueOf(_analytics),
            Sessions = arguments.ValueOf(_sessions),
            Out = arguments.ValueOf(_out),
            Grace = arguments.Has(_grace) ? _grace.Read(arguments) : _defaults.Grace,
            MaxFuture = arguments.Has(_maxFuture) ? _maxFuture.Read(arguments) : _defaults.MaxFuture,
            Guarantee = arguments.Has(_guarantee) ? _guarantee.Read(arguments) : _defaults.Guarantee,
            Threads = arguments.ValueOf(_threads),
        };
        if (options.Grace < TimeSpan.Zero || options.MaxFuture < TimeSpan.Zero)
            throw new UsageException($"{_grace.Name} and {_maxFuture.Name} must not be negative.");
        if (options.Threads < 1)
            throw new UsageException($"{_threads.Name} is {options.Threads}: it must be at least 1.");
        return options;
    }

    private static Option<string> Text(string name, string description, string fallback) => new(name) { Description = description, DefaultValueFactory = _ => fallback };

    private static Option<string> Topic(string name, string description, string fallback) => new TopicOption(name, description, fallback);
}
