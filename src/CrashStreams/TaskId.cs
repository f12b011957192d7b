using CrashStreams.Plan;

namespace CrashStreams;

/// <summary>A task: the part of a topology that runs on one partition of its inputs.</summary>
/// <param name="SubTopology">The sub-topology's number.</param>
/// <param name="Partition">The partition.</param>
public readonly record struct TaskId(int SubTopology, int Partition) : IComparable<TaskId>
{
    /// <summary>Orders by sub-topology, then partition.</summary>
    public int CompareTo(TaskId other) => SubTopology != other.SubTopology
        ? SubTopology.CompareTo(other.SubTopology)
        : Partition.CompareTo(other.Partition);

    /// <summary>Kafka Streams' form, <c>1_3</c>.</summary>
    public override string ToString() => $"{SubTopology}_{Partition}";
}
