using CrashStreams.Faults;
using CrashStreams.Log;
using CrashStreams.Stores;

namespace CrashStreams.Engine;

/// <summary>Where a task's stores write their changed entries at a commit, and who asks the fault policy about those that can't be written.</summary>
internal sealed class TaskChangelog(TaskContext task) : IChangelogWriter
{
    public bool Append(IStateStore store, in LogRecord record)
    {
        try
        {
            task.Collector.Send(store.ChangelogTopic!, task.Id.Partition, in record);
            return true;
        }
        catch (LogException e) when (FaultPolicy.IsRefusal(e))
        {
            Refuse(store, e);
            return false;
        }
    }

    public void Refuse(IStateStore store, Exception exception) => FaultPolicy.Apply(task, new(
        FaultKind.Production, store.Name, store.ChangelogTopic ?? "", task.Id.Partition, -1,
        exception is LogException ? FaultPolicy.NotProduced : FaultPolicy.NotSerialized, exception));
}
