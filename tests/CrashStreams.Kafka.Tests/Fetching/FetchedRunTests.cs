using System.Text;
using CrashStreams.Kafka.Fetching;
using CrashStreams.Log;
using CrashStreams.Protocol.Messages;
using CrashStreams.Protocol.Records;

namespace CrashStreams.Kafka.Tests.Fetching;

/// <summary>Random logs in random pieces: what polls get is what a naive reader of the log sees.</summary>
public sealed class FetchedRunTests
{
    private const int Seeds = 3_000;
    private static readonly TopicPartition _partition = new("topic", 0);

    [Fact]
    public void Polls_get_the_records_that_a_naive_reader_sees()
    {
        var (records, hidden) = (0, 0);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var random = new Random(seed);
            var log = RandomLog.Of(random);
            var readCommitted = random.Next(2) == 0;
            var from = random.NextInt64(log.End + 1);
            var expected = log.Visible(from, readCommitted).ToList();

            Read(log, from, readCommitted, random).Should().Equal(expected, "seed {0}", seed);

            records += expected.Count;
            hidden += log.Visible(from, readCommitted: false).Count() - expected.Count;
        }

        // Logs without records, and without aborted transactions, would agree about everything.
        records.Should().BeGreaterThan(Seeds);
        hidden.Should().BeGreaterThan(Seeds / 10);
    }

    [Fact]
    public void A_bit_that_flips_is_found()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var random = new Random(seed);
            var log = RandomLog.Of(random);
            var bytes = log.Bytes.ToArray();
            var batch = log.Batches[random.Next(log.Batches.Count)];
            // Offset and leader epoch in front of the checksum are the broker's; a length that lies cuts the batch.
            bytes[batch.At + random.Next(17, batch.Length)] ^= (byte)(1 << random.Next(8));
            ReadOnlyMemory<byte> records = bytes;
            var next = 0L;

            FetchedRun.TryWalk(ref records, ref next).Should().BeFalse("seed {0}", seed);

            records.Length.Should().Be(batch.At);
        }
    }

    private static List<string> Read(RandomLog log, long from, bool readCommitted, Random random)
    {
        var table = new PartitionTable();
        var fetch = new PartitionFetch(_partition, table.IndexOf(_partition), table.Of(_partition));
        var batch = new FetchedBatch(random.Next(1, 8), table);
        var pool = new FramePool(1 << 20);
        var read = new List<string>();
        fetch.StartAt(from);
        while (fetch.NextFetch < log.End)
        {
            var (piece, aborted) = log.Answer(fetch.NextFetch, random);
            var frame = pool.Rent(piece.Length);
            piece.CopyTo(frame.Bytes);
            ReadOnlyMemory<byte> records = frame.Bytes.AsMemory(0, piece.Length);
            var next = fetch.NextFetch;
            FetchedRun.TryWalk(ref records, ref next).Should().BeTrue();
            var run = new FetchedRun(fetch, frame, records, readCommitted ? AbortedTransactions.Of(aborted) : null);
            frame.Release();
            fetch.Fetched(next);
            for (var isDone = false; !isDone; batch.Release())
            {
                isDone = run.MoveTo(batch);
                for (var i = 0; i < batch.Count; i++)
                    read.Add(Text(batch[i]));
            }

            fetch.Progress.Position.Should().Be(next);
        }

        return read;
    }

    private static string Text(in LogRecord record) =>
        $"{record.Offset} {record.Timestamp} {(record.HasKey ? Encoding.UTF8.GetString(record.Key) : "-")} {(record.HasValue ? Encoding.UTF8.GetString(record.Value) : "-")} {record.Headers?.Count ?? 0}";

    /// <summary>Batches of several producers, in transactions and outside, of all codecs, with gaps that compaction has left.</summary>
    private sealed class RandomLog
    {
        private static readonly CompressionCodec[] _codecs = [CompressionCodec.None, CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4, CompressionCodec.Zstd];
        private readonly List<(long Offset, string Text, long Producer)> _records = [];
        private readonly List<(long Producer, long First, long Marker)> _aborted = [];
        private readonly MemoryStream _bytes = new();

        public List<(int At, int Length, long First, long Last)> Batches { get; } = [];

        public ReadOnlySpan<byte> Bytes => _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length);

        public long End { get; private set; }

        public static RandomLog Of(Random random)
        {
            var log = new RandomLog();
            var open = new Dictionary<long, long>();
            for (var left = random.Next(1, 12); left > 0; left--)
            {
                if (open.Count > 0 && random.Next(3) == 0)
                    log.EndTransaction(open, random);
                else
                    log.AddBatch(open, random);
            }

            while (open.Count > 0)
                log.EndTransaction(open, random);
            return log;
        }

        public IEnumerable<string> Visible(long start, bool readCommitted) =>
            from record in _records
            where record.Offset >= start && !(readCommitted && _aborted.Exists(a => a.Producer == record.Producer && record.Offset >= a.First && record.Offset < a.Marker))
            select record.Text;

        /// <summary>What a broker answers: from the batch on that holds the offset, at least one, the last one cut; aborted transactions in no order.</summary>
        public (byte[] Piece, List<FetchResponse.AbortedTransaction> Aborted) Answer(long offset, Random random)
        {
            var first = Batches.FindIndex(b => b.Last >= offset);
            var (at, length) = (Batches[first].At, Batches[first].Length);
            var end = random.Next(at + length, Bytes.Length + 1);
            var aborted = _aborted.Where(a => a.Marker >= offset).OrderBy(_ => random.Next()).Select(static a => new FetchResponse.AbortedTransaction { ProducerId = a.Producer, FirstOffset = a.First });
            return (Bytes[at..end].ToArray(), aborted.ToList());
        }

        private void AddBatch(Dictionary<long, long> open, Random random)
        {
            End += random.Next(4) == 0 ? random.Next(5) : 0;
            var producer = random.Next(3) - 1L;
            var isTransactional = producer >= 0 && (open.ContainsKey(producer) || random.Next(2) == 0);
            var attributes = (BatchAttributes)_codecs[random.Next(_codecs.Length)] | (isTransactional ? BatchAttributes.Transactional : 0);
            using var builder = new RecordBatchBuilder(new RecordBatchHeader { BaseOffset = End, Attributes = attributes, ProducerId = producer, ProducerEpoch = 0, BaseSequence = 0 });
            if (isTransactional)
                open.TryAdd(producer, End);
            var count = random.Next(1, 6);
            for (var i = 0; i < count; i++)
            {
                var (offset, time, key, value) = (End + i, random.NextInt64(1, 1_000_000), random.Next(3) == 0 ? null : $"k{random.Next(9)}", random.Next(4) == 0 ? null : new string('v', random.Next(300)));
                var headers = Enumerable.Range(0, random.Next(4) == 0 ? random.Next(1, 3) : 0).Select(static h => new RecordHeader(Encoding.UTF8.GetBytes($"h{h}"), null)).ToArray();
                builder.Append(time, Field(key), Field(value), headers);
                _records.Add((offset, $"{offset} {time} {key ?? "-"} {value ?? "-"} {headers.Length}", isTransactional ? producer : -1));
            }

            Add(builder.Build(), End + count - 1);
        }

        private void EndTransaction(Dictionary<long, long> open, Random random)
        {
            var (producer, first) = open.ElementAt(random.Next(open.Count));
            open.Remove(producer);
            var type = random.Next(2) == 0 ? ControlType.Abort : ControlType.Commit;
            if (type == ControlType.Abort)
                _aborted.Add((producer, first, End));
            var batch = new byte[ControlRecord.BatchSize];
            ControlRecord.WriteBatch(batch, End, 0, producer, 0, type, 0, 1);
            Add(batch, End);
        }

        private void Add(ReadOnlySpan<byte> batch, long last)
        {
            Batches.Add(((int)_bytes.Length, batch.Length, End, last));
            _bytes.Write(batch);
            End = last + 1;
        }

        private static RecordField Field(string? text) => text is null ? RecordField.Null : (RecordField)(ReadOnlySpan<byte>)Encoding.UTF8.GetBytes(text);
    }
}
