using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Turns a table's updates into records; a removed key becomes a tombstone.</summary>
internal sealed class ToStream<TKey, TValue> : Processor<TKey, Change<TValue>, TKey, TValue>
{
    public override void Process(in Record<TKey, Change<TValue>> record) =>
        Forward(new Record<TKey, TValue>(record.Key, true, record.Value.Now, record.Value.HasNow, record.Timestamp, record.Headers));
}
