using CrashStreams.Broker.Log;

namespace CrashStreams.Broker;

/// <summary>
/// With <see cref="FlushMode.Always"/>, the appends of a turn of the loop share one flush per log, and are answered after it. While a disk
/// is busy with one flush, requests gather for the next: the more clients, the more share it.
/// </summary>
internal sealed class GroupFlush
{
    private readonly HashSet<PartitionLog> _logs = [];
    private readonly List<Action<IReadOnlySet<PartitionLog>>> _answers = [];

    /// <summary>Whether appends to a log have to be flushed before they are answered.</summary>
    public static bool IsNeededFor(PartitionLog log) => log.Config.Flush == FlushPolicy.Always;

    /// <summary>Has a log flushed.</summary>
    public void Add(PartitionLog log) => _logs.Add(log);

    /// <summary>Calls back after the flush, with the logs whose flush has failed.</summary>
    public void Then(Action<IReadOnlySet<PartitionLog>> answer) => _answers.Add(answer);

    /// <summary>To be called at the end of a turn, and before anyone reads logs.</summary>
    public void Complete()
    {
        if (_logs.Count == 0)
            return;
        var failed = new HashSet<PartitionLog>();
        foreach (var log in _logs)
            if (!TryFlush(log))
                failed.Add(log);
        Action<IReadOnlySet<PartitionLog>>[] answers = [.. _answers];
        _logs.Clear();
        _answers.Clear();
        foreach (var answer in answers)
            answer(failed);
    }

    private static bool TryFlush(PartitionLog log)
    {
        try
        {
            if (log.IsOpen) // else its topic was deleted since
                log.FlushAppended();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
