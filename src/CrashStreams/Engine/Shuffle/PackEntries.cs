using CrashStreams.Log;

namespace CrashStreams.Engine;

/// <summary>The entries of the pack in process, as a batch: an entry is looked up again only when something is wrong with it.</summary>
internal sealed class PackEntries : LogBatch
{
    private LogBatch? _batch;
    private int _index;

    public override int Count
    {
        get
        {
            var count = 0;
            for (var reader = new PackReader(_batch![_index]); reader.TryReadNext(out _);)
                count++;
            return count;
        }
    }

    public override IReadOnlyList<TopicPartition> Partitions => _batch!.Partitions;

    public override LogRecord this[int index]
    {
        get
        {
            var reader = new PackReader(_batch![_index]);
            for (var i = 0; reader.TryReadNext(out var entry); i++)
            {
                if (i == index)
                    return entry;
            }

            throw new ArgumentOutOfRangeException(nameof(index), index, "The pack has fewer entries.");
        }
    }

    public void Open(LogBatch batch, int index) => (_batch, _index) = (batch, index);
}
