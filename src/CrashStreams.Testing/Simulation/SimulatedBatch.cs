using CrashStreams.Log;

namespace CrashStreams.Testing.Simulation;

/// <summary>What a simulated poll brought.</summary>
internal sealed class SimulatedBatch : LogBatch
{
    private readonly List<TopicPartition> _partitions = [];
    private readonly Dictionary<TopicPartition, int> _indexOf = [];
    private readonly List<(int Partition, long Offset, SimulatedEntry Entry)> _records = [];

    public override int Count => _records.Count;

    public override IReadOnlyList<TopicPartition> Partitions => _partitions;

    public override LogRecord this[int index] => _records[index].Entry.ToRecord(_records[index].Partition, _records[index].Offset);

    public void Clear() => _records.Clear();

    public void Add(in TopicPartition partition, long offset, SimulatedEntry entry)
    {
        if (!_indexOf.TryGetValue(partition, out var index))
        {
            _indexOf[partition] = index = _partitions.Count;
            _partitions.Add(partition);
        }

        _records.Add((index, offset, entry));
    }
}
