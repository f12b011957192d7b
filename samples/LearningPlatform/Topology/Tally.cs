using CrashStreams.Samples.Learning.Events;

namespace CrashStreams.Samples.Learning.Topology;

/// <summary>What is known of the events of a view, group and pane: enough for all of the view's measures, and two of them can become one.</summary>
internal sealed class Tally(TallyShape shape)
{
    public long[] Counts { get; } = new long[shape.Conditions.Count];

    /// <summary>How many events had a number.</summary>
    public long Numbers { get; private set; }

    public decimal Sum { get; private set; }

    public decimal Min { get; private set; } = decimal.MaxValue;

    public decimal Max { get; private set; } = decimal.MinValue;

    public UserSet? Users { get; } = shape.HasUsers ? new() : null;

    /// <param name="e">The event.</param>
    /// <param name="weight">1, or -1 to take back what was added before of an event without a number.</param>
    public void Add(LearningEvent e, int weight)
    {
        for (var i = 0; i < Counts.Length; i++)
        {
            if (shape.Conditions[i] is not { } condition || condition(e))
                Counts[i] += weight;
        }

        if (shape.Number?.Invoke(e) is { } number)
            AddNumbers(1, number, number, number);
        Users?.Add(e.UserId);
    }

    public void Add(Tally other)
    {
        for (var i = 0; i < Counts.Length; i++)
            Counts[i] += other.Counts[i];
        AddNumbers(other.Numbers, other.Sum, other.Min, other.Max);
        Users?.UnionWith(other.Users!);
    }

    /// <summary>Writes everything but the users.</summary>
    public void Write(PackedWriter writer)
    {
        foreach (var count in Counts)
            writer.Number(count);
        if (shape.Number is null)
            return;
        writer.Number(Numbers);
        if (Numbers == 0)
            return;
        writer.Decimal(Sum);
        writer.Decimal(Min);
        writer.Decimal(Max);
    }

    /// <summary>Adds what <see cref="Write"/> has written.</summary>
    public void Add(ref PackedReader reader)
    {
        for (var i = 0; i < Counts.Length; i++)
            Counts[i] += reader.Number();
        if (shape.Number is not null && reader.Number() is > 0 and var numbers)
            AddNumbers(numbers, reader.Decimal(), reader.Decimal(), reader.Decimal());
    }

    private void AddNumbers(long numbers, decimal sum, decimal min, decimal max)
    {
        Numbers += numbers;
        Sum += sum;
        Min = Math.Min(Min, min);
        Max = Math.Max(Max, max);
    }
}
