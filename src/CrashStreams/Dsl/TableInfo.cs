using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>What is known of a table while the topology is declared.</summary>
internal sealed record TableInfo<TKey, TValue>(Serde<TKey>? KeySerde, Serde<TValue>? ValueSerde)
{
    /// <summary>Makes the tables in front keep their rows where they don't: somebody reads this one, or needs its values before.</summary>
    public Action KeepRows { get; init; } = static () => { };

    /// <summary>Whether updates carry the value before; asked when tasks are made.</summary>
    public Func<bool> KnowsBefore { get; init; } = static () => true;

    /// <summary>How other operators read the table; called after <see cref="KeepRows"/>. Null: it can't be read.</summary>
    public Func<TableView<TKey, TValue>>? View { get; init; }

    /// <summary>How much of its history the table, or the one in front that it is worked out from, keeps, milliseconds; null: the last row alone.</summary>
    public long? HistoryMs { get; init; }

    public long GraceMs { get; init; }

    /// <summary>The window of a key; null when the table is not windowed.</summary>
    public Func<TKey, Window>? WindowOf { get; init; }
}
