using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.AdCampaigns.Commands;

/// <summary>The arguments that several commands have.</summary>
internal sealed class CampaignArguments
{
    private static readonly CampaignOptions _defaults = new();

    private readonly Option<string> _application = new("--application") { Description = "Consumer group and prefix of the application's own topics", DefaultValueFactory = _ => _defaults.ApplicationId };
    private readonly Option<string> _events = new TopicOption("--events", "Topic with the events", _defaults.Events);
    private readonly Option<string> _ads = new TopicOption("--ads", "Topic with each ad's campaign, compacted", _defaults.Ads);
    private readonly Option<string> _results = new TopicOption("--results", "Topic for the results", _defaults.Results);
    private readonly DurationOption _grace = new("--grace", "How long results wait for late events", _defaults.Grace);
    private readonly DurationOption _maxFuture = new("--max-future", "Events further ahead of the clock are not believed, and counted", _defaults.MaxFuture);
    private readonly ChoiceOption<ProcessingGuarantee> _guarantee = new("--guarantee", "What a crash may do to the results", _defaults.Guarantee);
    private readonly Option<int> _threads = new("--threads") { Description = "Stream threads of this instance", DefaultValueFactory = _ => 1 };

    public IReadOnlyList<Option> Inputs => [_events, _ads];

    public IReadOnlyList<Option> TopicNames => [_application, .. Inputs, _results];

    /// <summary>Those of <c>run</c> and <c>verify</c>, which must be the same.</summary>
    public IReadOnlyList<Option> All => [.. TopicNames, _grace, _maxFuture, _guarantee, _threads];

    public static Command Topics()
    {
        var names = new CampaignArguments();
        return new TopicCommands(
            "ad-campaigns", names.TopicNames, (arguments, partitions) => names.Read(arguments).Topics(partitions), arguments => (names.Read(arguments).ApplicationId, CampaignTopology.OwnTopics)).Create(2);
    }

    /// <exception cref="UsageException">An option can't be used.</exception>
    public CampaignOptions Read(ParseResult arguments)
    {
        var options = new CampaignOptions
        {
            ApplicationId = arguments.ValueOf(_application),
            Events = arguments.ValueOf(_events),
            Ads = arguments.ValueOf(_ads),
            Results = arguments.ValueOf(_results),
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
}
