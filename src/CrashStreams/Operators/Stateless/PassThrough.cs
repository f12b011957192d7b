using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Forwards every record: a place where streams meet, or part.</summary>
internal sealed class PassThrough<TKey, TValue> : Processor<TKey, TValue, TKey, TValue>
{
    public override void Process(in Record<TKey, TValue> record) => Forward(in record);
}
