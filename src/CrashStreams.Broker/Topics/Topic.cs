using CrashStreams.Broker.Coordination;

namespace CrashStreams.Broker.Topics;

/// <summary>A topic whose logs are open: only such topics are ever shown to clients.</summary>
internal sealed class Topic(Guid id, string name, TopicConfigs configs, List<Partition> partitions)
{
    public Guid Id => id;

    public string Name => name;

    public TopicConfigs Configs { get; set; } = configs;

    public List<Partition> Partitions => partitions;

    /// <summary>Whether partitions are being added.</summary>
    public bool IsGrowing { get; set; }

    /// <summary>Whether its end is being stored.</summary>
    public bool IsBeingDeleted { get; set; }

    public TopicInfo Info => new(id, name, partitions.Count);

    public Partition? Find(int index) => (uint)index < (uint)partitions.Count ? partitions[index] : null;
}
