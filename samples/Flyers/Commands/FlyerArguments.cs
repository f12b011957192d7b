using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Flyers.Topology;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Flyers.Commands;

/// <summary>The arguments that several commands have.</summary>
internal sealed class FlyerArguments
{
    private static readonly FlyerOptions _defaults = new();

    private readonly Option<string> _application = Text("--application", "Consumer group, and prefix of the application's own topics and of its keys in Redis", _defaults.ApplicationId);
    private readonly TopicOption _topic = new("--topic", "Topic with the events", _defaults.Events);
    private readonly Option<string> _redis = Text("--redis", "Redis: host:port, or what StackExchange.Redis takes", _defaults.Redis);
    private readonly ChoiceOption<ProcessingGuarantee> _guarantee = new("--guarantee", "What a crash may do to the results", _defaults.Guarantee);
    private readonly Option<int> _threads = new("--threads") { Description = "Stream threads of this instance", DefaultValueFactory = _ => 1 };
    private readonly Option<long> _maxBody = new("--max-body") { Description = "The largest body of a request, bytes", DefaultValueFactory = _ => _defaults.MaxBodyBytes };

    /// <summary>Where the API is.</summary>
    public Option<string> Urls { get; } = Text("--urls", "Where the API listens", _defaults.Urls);

    public IReadOnlyList<Option> TopicNames => [_application, _topic];

    /// <summary>Those of <c>run</c> and <c>verify</c>.</summary>
    public IReadOnlyList<Option> All => [.. TopicNames, _redis, Urls, _guarantee, _threads, _maxBody];

    public static Command Topics()
    {
        var names = new FlyerArguments();
        return new TopicCommands(
            "flyers", names.TopicNames, (arguments, partitions) => names.Read(arguments).Topics(partitions), arguments => (names.Read(arguments).ApplicationId, FlyerTopology.OwnTopics)).Create(6);
    }

    /// <exception cref="UsageException">An option can't be used.</exception>
    public FlyerOptions Read(ParseResult arguments)
    {
        var options = new FlyerOptions
        {
            ApplicationId = arguments.ValueOf(_application),
            Events = arguments.ValueOf(_topic),
            Redis = arguments.ValueOf(_redis),
            Urls = arguments.ValueOf(Urls),
            Guarantee = arguments.Has(_guarantee) ? _guarantee.Read(arguments) : _defaults.Guarantee,
            Threads = arguments.ValueOf(_threads),
            MaxBodyBytes = arguments.ValueOf(_maxBody),
        };
        if (!options.Urls.Split(';').All(static url => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            throw new UsageException($"{Urls.Name} '{options.Urls}' is no address like http://127.0.0.1:8080.");
        if (options.Threads < 1 || options.MaxBodyBytes < 1)
            throw new UsageException($"{_threads.Name} and {_maxBody.Name} must be at least 1.");
        return options;
    }

    private static Option<string> Text(string name, string description, string fallback) => new(name) { Description = description, DefaultValueFactory = _ => fallback };
}
