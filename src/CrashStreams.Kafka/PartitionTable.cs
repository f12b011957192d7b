using System.Runtime.InteropServices;
using CrashStreams.Kafka.Native;
using CrashStreams.Log;

namespace CrashStreams.Kafka;

/// <summary>
/// Numbers partitions, and knows how far each was read. Finding the number of a message's partition costs two comparisons
/// while messages of one partition follow each other.
/// </summary>
internal sealed unsafe class PartitionTable
{
    public const long Unknown = -1;
    private readonly List<TopicPartition> _all = [];
    private readonly List<Progress> _progress = [];
    private readonly Dictionary<TopicPartition, int> _indexes = [];
    private readonly Dictionary<(nint Topic, int Partition), int> _byHandle = [];
    private nint _lastTopic;
    private int _lastPartition;
    private int _lastIndex;

    public IReadOnlyList<TopicPartition> All => _all;

    public int IndexOf(NativeMessage* message) =>
        message->Topic == _lastTopic && message->Partition == _lastPartition ? _lastIndex : Find(message);

    public int IndexOf(TopicPartition partition)
    {
        if (_indexes.TryGetValue(partition, out var index))
            return index;
        _all.Add(partition);
        _progress.Add(new Progress());
        return _indexes[partition] = _all.Count - 1;
    }

    public Progress Of(int index) => _progress[index];

    public Progress Of(TopicPartition partition) => _progress[IndexOf(partition)];

    /// <summary>Topic handles may name other topics after an assignment has changed.</summary>
    public void ForgetHandles()
    {
        _byHandle.Clear();
        _lastTopic = 0;
    }

    private int Find(NativeMessage* message)
    {
        if (!_byHandle.TryGetValue((message->Topic, message->Partition), out var index))
        {
            var topic = Marshal.PtrToStringUTF8((nint)Librdkafka.rd_kafka_topic_name(message->Topic))!;
            index = IndexOf(new TopicPartition(topic, message->Partition));
            _byHandle.Add((message->Topic, message->Partition), index);
        }

        (_lastTopic, _lastPartition, _lastIndex) = (message->Topic, message->Partition, index);
        return index;
    }

    /// <summary>How far a partition was read.</summary>
    internal sealed class Progress
    {
        /// <summary>The offset after the last message delivered, or where reading starts; <see cref="Unknown"/> before either.</summary>
        public long Position { get; set; } = Unknown;

        /// <summary>Where the end was last met.</summary>
        public long End { get; set; } = Unknown;

        /// <summary>Where reading starts.</summary>
        public long Start { get; private set; } = Unknown;

        /// <summary>Whether a record or the end has come since reading began: what librdkafka remembers of an earlier reading is old.</summary>
        public bool IsHeardOf => End >= 0 || Position > Start;

        public void StartAt(long position) => (Start, Position, End) = (position, position, Unknown);
    }
}
