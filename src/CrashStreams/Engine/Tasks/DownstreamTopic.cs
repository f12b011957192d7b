using CrashStreams.Time;

namespace CrashStreams.Engine;

/// <summary>A repartition topic that a task writes: what those who read it were told of the task's clock.</summary>
/// <param name="topic">Its full name.</param>
/// <param name="inputs">Of a topic from behind which records come back: the inputs whose records reach it, which it tells of. Null: it tells of the task's clock.</param>
internal sealed class DownstreamTopic(string topic, IReadOnlyList<InputPartition>? inputs)
{
    // How often an unchanged clock is told again, for downstream tasks that moved and have not heard it.
    private const long ReannounceMs = 10_000;

    private Progress _told = Progress.Unknown;
    private long _toldAtMs = long.MinValue / 2;

    public string Topic => topic;

    /// <summary>Whether the clock is to be told now; it counts as told then.</summary>
    public bool IsToBeTold(in Progress own, long nowMs, long intervalMs, out Progress progress)
    {
        progress = inputs is null ? own : Progress.Of(inputs.Select(static i => i.Clock.Progress));
        var sinceMs = nowMs - _toldAtMs;
        if (progress == _told ? progress == Progress.Unknown || sinceMs < ReannounceMs : sinceMs < intervalMs)
            return false;
        (_told, _toldAtMs) = (progress, nowMs);
        return true;
    }
}
