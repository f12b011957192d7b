using CrashStreams.Processing;

namespace CrashStreams.CrashMonitor;

/// <summary>Makes an alert of a user's count, and marks corrections.</summary>
internal sealed class AlertOfCount : Processor<Windowed<string>, long, string, CrashAlert>
{
    public override void Process(in Record<Windowed<string>, long> record)
    {
        var user = record.Key;
        var alert = new CrashAlert(user.Window.Start, user.Window.End, user.Key, record.Value, CrashStreams.Correction.IsIn(record.Headers));
        Forward(new Record<string, CrashAlert>(user.Key, alert, record.Timestamp, record.Headers));
    }
}
