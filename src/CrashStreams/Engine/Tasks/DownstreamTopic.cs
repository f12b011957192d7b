using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>A repartition topic that a task writes: what those who read it were told of the task's clock.</summary>
/// <param name="topic">Its full name.</param>
/// <param name="inputs">Of a topic from behind which records come back: the inputs whose records reach it, which it tells of; with none of them nothing is told. Null: it tells of the task's clock.</param>
internal sealed class DownstreamTopic(string topic, IReadOnlyList<InputPartition>? inputs)
{
    // How often an unchanged clock is told again, for downstream tasks that moved and have not heard it.
    private const long ReannounceMs = 10_000;

    private Progress _told = Progress.Unknown;
    private long _toldAtMs = long.MinValue / 2;

    public string Topic => topic;

    /// <summary>Whether it tells of the inputs in front of it, and not of the task's clock.</summary>
    public bool TellsOwnInputs => inputs is not null;

    /// <summary>How far the readers may believe the task to be.</summary>
    public Progress ProgressOf(in Progress own)
    {
        if (inputs is null)
            return own;
        if (inputs.Count == 0)
            return Progress.Unknown;
        var told = InputPartition.ProgressOf(inputs);
        // When nothing is waited for any more, all are as far as the furthest.
        return told.IsIdle && own.IsIdle ? told with { Watermark = Math.Max(told.Watermark, own.Watermark) } : told;
    }

    /// <summary>Whether a record is due that tells of the clock.</summary>
    public bool HasNews(in Progress progress, long nowMs) => progress != _told || (progress != Progress.Unknown && nowMs - _toldAtMs >= ReannounceMs);

    /// <summary>Whether a record that is written anyway tells of the clock, too: it may be told twice as often. It counts as told then.</summary>
    public bool JoinsIn(in Progress progress, long nowMs)
    {
        if (progress == Progress.Unknown || (progress == _told && nowMs - _toldAtMs < ReannounceMs / 2))
            return false;
        (_told, _toldAtMs) = (progress, nowMs);
        return true;
    }
}
