using System.CommandLine;
using CrashStreams.CommandLine;
using CrashStreams.Samples.Learning.Views;
using CrashStreams.Samples.Running;
using CrashStreams.Samples.Terminal;

namespace CrashStreams.Samples.Learning.Commands;

/// <summary>The arguments that several commands have.</summary>
internal sealed class LearningArguments
{
    private static readonly LearningOptions _defaults = new();

    private readonly Option<string> _application = new("--application") { Description = "In front of consumer groups and internal topics of all jobs", DefaultValueFactory = _ => _defaults.ApplicationId };
    private readonly IReadOnlyDictionary<Job, Option<string>> _topics = Jobs.All.ToDictionary(
        job => job, job => (Option<string>)new TopicOption($"--{Jobs.NameOf(job)}-topic", $"Topic with the events of {Jobs.NameOf(job)}", _defaults.TopicOf(job)));

    private readonly DurationOption _grace = new("--grace", "How long rows wait for late events", _defaults.Grace);
    private readonly DurationOption _maxFuture = new("--max-future", "Events further ahead of the clock are not believed, and counted", _defaults.MaxFuture);
    private readonly ChoiceOption<ProcessingGuarantee> _guarantee = new("--guarantee", "What a crash may do to the rows", _defaults.Guarantee);
    private readonly Option<int> _threads = new("--threads") { Description = "Stream threads of each job", DefaultValueFactory = _ => 1 };

    public IReadOnlyList<Option> Inputs => [.. _topics.Values];

    public IReadOnlyList<Option> TopicNames => [_application, .. Inputs];

    /// <summary>Those of <c>run</c>, <c>batch</c> and <c>verify</c>, which must be the same.</summary>
    public IReadOnlyList<Option> All => [.. TopicNames, _grace, _maxFuture, _guarantee, _threads];

    /// <exception cref="UsageException">An option can't be used.</exception>
    public LearningOptions Read(ParseResult arguments)
    {
        var options = new LearningOptions
        {
            ApplicationId = arguments.ValueOf(_application),
            AuthTopic = arguments.ValueOf(_topics[Job.Auth]),
            AssessmentTopic = arguments.ValueOf(_topics[Job.Assessment]),
            VideoTopic = arguments.ValueOf(_topics[Job.Video]),
            CourseTopic = arguments.ValueOf(_topics[Job.Course]),
            ProfileTopic = arguments.ValueOf(_topics[Job.Profile]),
            NotificationTopic = arguments.ValueOf(_topics[Job.Notification]),
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
