namespace CrashStreams;

/// <summary>Event time: the clock by which windows close, when an input is not waited for any more, and what happens to records that come too late.</summary>
public sealed record TimeOptions
{
    /// <summary>The clock; watermarks by default.</summary>
    public StreamTime Clock { get; set; } = StreamTime.Watermarks;

    /// <summary>Watermarks: how often a task announces its progress to downstream tasks, while that changes; 100 ms by default.</summary>
    public TimeSpan MarkerInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Watermarks: a caught-up input without records for so long is not waited for any more; 5 s by default. An input that is behind always is, and when all have been idle and one has records again,
    /// the others are waited for so long once more.
    /// </summary>
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Watermarks: when an input that was read to its end brings nothing for so long (wall clock), its last windows close as if later records had come;
    /// null (default): they wait for the next record. Records that come after all and belong to those windows are late: choose it longer than the pauses
    /// of an input that goes on. An input that is behind, paused or restoring is never taken for a stopped one.
    /// </summary>
    public TimeSpan? CloseAfterIdle { get; set; }

    /// <summary>
    /// Watermarks: a record that claims to be more than this ahead of the wall clock moves no clock and goes where late records go; one hour by default, which is
    /// how far ahead brokers take record times (KIP-937). With more, results with such times are production faults unless their topic's
    /// <c>message.timestamp.after.max.ms</c> is raised too; the application's own topics take any time.
    /// </summary>
    public TimeSpan MaxFuture
    {
        get => GivenMaxFuture ?? TimeSpan.FromHours(1);
        set => GivenMaxFuture = value;
    }

    /// <summary>Where late records go with their original bytes and headers that say how late; null (default): they are only counted and given to <see cref="OnLate"/>.</summary>
    public string? LateTopic { get; set; }

    /// <summary>Called for each late record, in the stream thread.</summary>
    public Action<LateRecord>? OnLate { get; set; }

    internal TimeSpan? GivenMaxFuture { get; set; }

    // Kafka Streams' internal throttle of emission on window close.
    internal TimeSpan ObservedEmitInterval { get; set; } = TimeSpan.FromSeconds(1);

    internal IEnumerable<string> Check() => [.. Choice.Check(nameof(Clock), Clock), .. Ranges()];

    private IEnumerable<string> Ranges()
    {
        if (MarkerInterval < TimeSpan.Zero)
            yield return $"{nameof(MarkerInterval)} is {MarkerInterval}: not negative.";
        if (IdleAfter < TimeSpan.Zero)
            yield return $"{nameof(IdleAfter)} is {IdleAfter}: not negative.";
        if (CloseAfterIdle < IdleAfter)
            yield return $"{nameof(CloseAfterIdle)} is {CloseAfterIdle}: not less than {nameof(IdleAfter)} ({IdleAfter}), or null.";
        if (MaxFuture < TimeSpan.Zero)
            yield return $"{nameof(MaxFuture)} is {MaxFuture}: not negative.";
    }
}
