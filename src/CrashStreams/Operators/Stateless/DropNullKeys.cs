using CrashStreams.Faults;
using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Stands before a repartition topic: a record without key belongs to no partition. Kafka Streams drops it in silence; here it is counted.</summary>
internal sealed class DropNullKeys<TKey, TValue> : Processor<TKey, TValue, TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record)
    {
        if (record.HasKey)
            Forward(in record);
        else
            Drop(DroppedRecords.RepartitionNullKey);
    }
}
