using CrashStreams.Processing;

namespace CrashStreams.Operators;

/// <summary>Answers a subscription with what the right table holds. The answer has the later of both timestamps.</summary>
internal sealed class SubscriptionJoin<TKey, TOtherKey, TOther>(Func<IOperatorContext, TableReader<TOtherKey, TOther>> openOther)
    : Processor<TOtherKey, Subscription<TKey>, TKey, SubscriptionResponse<TOther>>
{
    private TableReader<TOtherKey, TOther> _other = null!;

    protected override void Init() => _other = openOther(Task);

    public override void Process(in Record<TOtherKey, Subscription<TKey>> record)
    {
        var subscription = record.Value;
        if (subscription.Instruction == SubscriptionInstruction.Delete)
            return;
        var other = default(TOther)!;
        var otherTime = long.MinValue;
        var exists = record.HasKey && _other.TryGet(record.Key, out other, out otherTime);
        if (!exists && subscription.Instruction == SubscriptionInstruction.AnswerIfPresent)
            return;
        var isAnswered = exists && subscription.Instruction != SubscriptionInstruction.DeleteAndAnswer;
        Forward(new Record<TKey, SubscriptionResponse<TOther>>(
            subscription.Key, new(subscription.ValueHash, isAnswered ? other : default!, isAnswered, subscription.Partition),
            exists ? Math.Max(record.Timestamp, otherTime) : record.Timestamp, record.Headers));
    }
}
