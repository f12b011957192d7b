namespace CrashStreams.CrashMonitor;

/// <summary>What the crash monitor looks for and where. All spans of time are event time unless they say otherwise.</summary>
public sealed record CrashMonitorOptions
{
    internal const int DefaultMaxValueBytes = 1 << 20;
    private const string NameRule = "use 1 to 249 ASCII letters, digits, '.', '_' and '-', but not '.' or '..'";

    /// <summary>Names the consumer group and the monitor's own topics. Instances with the same id share the work. Default <c>crash-monitor</c>.</summary>
    public string ApplicationId { get; init; } = "crash-monitor";

    /// <summary>Threads of this instance, each with its own share of the partitions. Default 1.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>What the crash of an instance may do to the alerts. Default: nothing is lost, some counts may be too high.</summary>
    public ProcessingGuarantee Guarantee { get; init; } = ProcessingGuarantee.AtLeastOnce;

    /// <summary>The topic with the log lines. Default <c>logs</c>.</summary>
    public string InputTopic { get; init; } = "logs";

    /// <summary>The topic that gets the alerts. Default <c>crash-alerts</c>.</summary>
    public string AlertTopic { get; init; } = "crash-alerts";

    /// <summary>A user with more crashes than this in one window is reported. Default 2.</summary>
    public int Threshold { get; init; } = 2;

    /// <summary>Length of the windows, which are aligned to the epoch. Default 10 s.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a window waits for records that are out of order. Default 30 s.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A second, longer grace: a late crash that comes within it corrects the result, which is then reported once more and marked as a correction. Default: late
    /// crashes are dropped, counted. Windows are kept for so long.
    /// </summary>
    public TimeSpan? CorrectWithin { get; init; }

    /// <summary>What the field <c>timestamp</c> counts. Default: seconds.</summary>
    public TimestampUnit TimestampUnit { get; init; } = TimestampUnit.EpochSeconds;

    /// <summary>Whether only "crash" in lower case counts. Default: any case.</summary>
    public bool CaseSensitive { get; init; }

    /// <summary>Longer values are malformed. Default 1 MiB.</summary>
    public int MaxValueBytes { get; init; } = DefaultMaxValueBytes;

    /// <summary>
    /// Whether every line is parsed and checked. By default a line that can't be a severe crash is read as far as its timestamp only, which is
    /// several times faster; what else may be wrong with it goes unnoticed.
    /// </summary>
    public bool CheckEveryLine { get; init; }

    /// <summary>
    /// What happens to malformed lines. Default: skipped, and counted by <see cref="MalformedReason"/>. <see cref="FaultResponse.DeadLetter"/> needs
    /// <see cref="DeadLetterTopic"/>; <see cref="FaultResponse.Fail"/> stops the monitor.
    /// </summary>
    public FaultResponse BadInput { get; init; } = FaultResponse.Skip;

    /// <summary>Gets malformed lines as they are, with headers that say where they were and why they are there; it must exist.</summary>
    public string? DeadLetterTopic { get; init; }

    /// <summary>
    /// Gets crashes that missed their window, and lines from the future, with headers that say how late they are and which window they missed; it
    /// must exist. Default: they are only counted.
    /// </summary>
    public string? LateTopic { get; init; }

    /// <summary>A partition that has been read to its end and gets nothing new for so long (wall clock) is not waited for. Default 5 s.</summary>
    public TimeSpan IdleAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// When a partition that has been read to its end gets nothing new for so long (wall clock), its last windows close. Default: they wait for the next
    /// line. Lines that come after all and belong to those windows are late.
    /// </summary>
    public TimeSpan? CloseAfterIdle { get; init; }

    /// <summary>A line with an event time further ahead of the wall clock moves no clock and goes where late crashes go. Default one hour, as far as brokers take record times.</summary>
    public TimeSpan MaxFuture { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Whether every change of a running count is shown, not only the alerts.</summary>
    public bool Debug { get; init; }

    /// <summary>The engine's options that follow from these.</summary>
    /// <exception cref="TopologyException">At least one setting is not usable.</exception>
    public StreamsOptions ToStreamsOptions()
    {
        Validate();
        return new()
        {
            ApplicationId = ApplicationId,
            Threads = Threads,
            Delivery = { Guarantee = Guarantee },
            Time = { IdleAfter = IdleAfter, CloseAfterIdle = CloseAfterIdle, MaxFuture = MaxFuture, LateTopic = LateTopic },
            Faults = { OnDeserialization = BadInput, DeadLetterTopic = DeadLetterTopic },
        };
    }

    /// <summary>Throws with all that is wrong, each with the setting and the remedy.</summary>
    /// <exception cref="TopologyException">At least one setting is not usable.</exception>
    public void Validate()
    {
        var faults = Faults().ToList();
        if (faults.Count > 0)
            throw new TopologyException("The crash monitor's options are not usable:\n- " + string.Join("\n- ", faults));
    }

    // What Kafka takes as a topic's name.
    private static bool IsName(string? name) =>
        name is { Length: > 0 and <= 249 } and not ("." or "..") && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');

    private IEnumerable<string> Faults()
    {
        if (!IsName(ApplicationId))
            yield return $"{nameof(ApplicationId)} is '{ApplicationId}': {NameRule}, because it becomes part of topic names.";
        if (Threads < 1)
            yield return $"{nameof(Threads)} is {Threads}: it must be at least 1.";
        if (BadInput == FaultResponse.DeadLetter && DeadLetterTopic is null)
            yield return $"{nameof(BadInput)} is DeadLetter: name the {nameof(DeadLetterTopic)}.";
        if (IdleAfter < TimeSpan.Zero || MaxFuture < TimeSpan.Zero)
            yield return $"{nameof(IdleAfter)} ({IdleAfter}) and {nameof(MaxFuture)} ({MaxFuture}) must not be negative.";
        if (CloseAfterIdle < IdleAfter)
            yield return $"{nameof(CloseAfterIdle)} ({CloseAfterIdle}) is less than {nameof(IdleAfter)} ({IdleAfter}): it must not be.";
        foreach (var (setting, topic) in new[] { (nameof(InputTopic), InputTopic), (nameof(AlertTopic), AlertTopic), (nameof(LateTopic), LateTopic ?? "-"), (nameof(DeadLetterTopic), DeadLetterTopic ?? "-") })
        {
            if (!IsName(topic))
                yield return $"{setting} is '{topic}': {NameRule}.";
            if (setting != nameof(InputTopic) && topic == InputTopic)
                yield return $"{setting} is the input topic '{InputTopic}': name another one.";
        }

        if (Threshold < 0)
            yield return $"{nameof(Threshold)} is {Threshold}: it must not be negative (0 reports every user with a crash).";
        if (Window < TimeSpan.FromMilliseconds(1) || Window.Ticks % TimeSpan.TicksPerMillisecond != 0)
            yield return $"{nameof(Window)} is {Window}: it must be whole milliseconds, at least one.";
        if (Grace < TimeSpan.Zero || Grace.Ticks % TimeSpan.TicksPerMillisecond != 0)
            yield return $"{nameof(Grace)} is {Grace}: it must be whole milliseconds and not negative.";
        if (CorrectWithin <= Grace || CorrectWithin?.Ticks % TimeSpan.TicksPerMillisecond > 0)
            yield return $"{nameof(CorrectWithin)} is {CorrectWithin}: it must be whole milliseconds and more than {nameof(Grace)} ({Grace}).";
        if (!Enum.IsDefined(TimestampUnit))
            yield return $"{nameof(TimestampUnit)} is {TimestampUnit}: choose EpochSeconds, EpochMilliseconds or Auto.";
        if (MaxValueBytes < 1)
            yield return $"{nameof(MaxValueBytes)} is {MaxValueBytes}: it must be at least 1.";
    }
}
