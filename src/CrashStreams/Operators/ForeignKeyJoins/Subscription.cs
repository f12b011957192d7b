namespace CrashStreams.Operators;

/// <summary>A left row's interest in a foreign key, on its way to the task that has the right row (KIP-213).</summary>
/// <param name="ValueHash">Of the left value, by which the answer is recognized; null when the row is gone.</param>
/// <param name="Instruction">What the right side is to do.</param>
/// <param name="Key">The left key.</param>
/// <param name="Partition">The left row's partition, where the answer goes; null from versions of Kafka Streams that did not tell it.</param>
internal readonly record struct Subscription<TKey>(UInt128? ValueHash, SubscriptionInstruction Instruction, TKey Key, int? Partition);

/// <summary>What the right side does with a subscription; the numbers are Kafka Streams'.</summary>
internal enum SubscriptionInstruction : byte
{
    /// <summary>Forget it. The row has subscribed to another foreign key, whose answer comes.</summary>
    Delete = 0,

    /// <summary>Forget it, and answer that there is nothing.</summary>
    DeleteAndAnswer = 1,

    /// <summary>Keep it, and answer with the right row, or that there is none.</summary>
    AnswerAlways = 2,

    /// <summary>Keep it, and answer if there is a right row.</summary>
    AnswerIfPresent = 3,
}

/// <summary>The answer to a subscription, on its way back to the left row.</summary>
/// <param name="ValueHash">Of the left value that subscribed: an answer to an earlier one is out of date.</param>
/// <param name="Value">The right value.</param>
/// <param name="HasValue">Whether there is a right row.</param>
/// <param name="Partition">Where the answer goes; it is not written.</param>
internal readonly record struct SubscriptionResponse<TValue>(UInt128? ValueHash, TValue Value, bool HasValue, int? Partition);
