using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol;
using CrashStreams.Protocol.Records;
using FsCheck;
using FsCheck.Fluent;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>
/// Random operations on a log and on its model, with the process killed and the power cut anywhere: what was acknowledged survives the
/// one, what was flushed the other; order is kept, aborted data is hidden from wherever a reader begins, retries are recognised.
/// </summary>
public class LogModelProperties
{
    private const int Producers = 4; // 0 and 1 are transactional, 2 is idempotent, 3 is neither

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_log_does_what_its_model_does(int policy) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Rounds.OfModel), Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => new Run(seed, (FlushPolicy)policy).Go()));

    private sealed class Run
    {
        private readonly Random _random;
        private readonly MemoryStorage _storage = new();
        private readonly LogModel _model = new();
        private readonly LogConfig _config;
        private PartitionLog _log;
        private long _flushedEnd;

        public Run(int seed, FlushPolicy policy)
        {
            _random = new Random(seed);
            _config = new LogConfig
            {
                SegmentBytes = _random.Next(300, 2000),
                CheckpointBytes = _random.Next(100, 1500),
                IndexIntervalBytes = _random.Next(1, 400),
                Flush = policy,
            };
            _log = Open();
        }

        public void Go()
        {
            for (var step = 0; step < 80; step++)
                Do(_random.Next(100));
            Restart(powerCut: false);
            ExpectSame();
        }

        private void Do(int dice)
        {
            if (dice < 60)
                Append(_random.Next(Producers));
            else if (dice < 72)
                End(_random.Next(2));
            else if (dice < 80)
                Retry();
            else if (dice < 84)
                Flush();
            else if (dice < 86)
                _log.Roll();
            else if (dice < 88)
                Restart(powerCut: false);
            else if (dice < 91)
                Restart(powerCut: true);
            else if (dice < 93)
                RestartCleanly();
            else
                ExpectSame();
        }

        private void Append(int producer)
        {
            var records = Enumerable.Range(0, _random.Next(1, 4)).Select(i => $"p{producer}={_model.End + i}{new string('x', _random.Next(60))}").ToArray();
            var entry = new LogModel.Entry(_model.End, records, producer, _model.NextSequence(producer), producer < 2, null);
            Produce(entry).BaseOffset.Should().Be(entry.Offset);
            _model.Append(entry);
            if (_config.Flush == FlushPolicy.Always)
                _flushedEnd = _model.End;
        }

        private void End(int producer)
        {
            if (!_model.IsOpen(producer))
                return;
            var entry = new LogModel.Entry(_model.End, [], producer, 0, false, _random.Next(2) == 0);
            _log.AppendMarker(producer, 0, entry.Commit!.Value, 0, Now).BaseOffset.Should().Be(entry.Offset);
            _model.Append(entry);
            if (_config.Flush == FlushPolicy.Always)
                _flushedEnd = _model.End;
        }

        /// <summary>The last batches of a producer, sent again.</summary>
        private void Retry()
        {
            var producer = _random.Next(3);
            foreach (var sent in _model.Entries.Where(entry => entry.Producer == producer && entry.Commit is null).TakeLast(5).ToList())
            {
                var answer = Produce(sent);
                answer.Error.Should().Be(ErrorCode.None);
                answer.IsDuplicate.Should().BeTrue();
                answer.BaseOffset.Should().Be(sent.Offset);
            }
        }

        private AppendResult Produce(LogModel.Entry entry)
        {
            var header = entry.Producer == 3 ? new RecordBatchHeader() : Producer(entry.Producer, 0, entry.Sequence, entry.Transactional);
            header.Codec = (CompressionCodec)(entry.Offset % 5);
            return _log.Append(Of(header, entry.Records), AtNow);
        }

        private void Flush()
        {
            _log.Flush();
            _flushedEnd = _model.End;
        }

        private void RestartCleanly()
        {
            _log.Close(flush: true);
            _flushedEnd = _model.End;
            _log = Open();
            ExpectSame();
        }

        private void Restart(bool powerCut)
        {
            if (powerCut)
                _storage.CutPower(_random);
            else
                _storage.KillProcess();
            _log = Open();
            if (powerCut)
            {
                _log.EndOffset.Should().BeInRange(_flushedEnd, _model.End);
                _model.CutAt(_log.EndOffset);
            }
            _log.EndOffset.Should().Be(_model.End);
            ExpectSame();
        }

        private void ExpectSame()
        {
            _log.LastStableOffset.Should().Be(_model.StableOffset(Producers));
            Consume(_log, maxBytes: _random.Next(1, 3000)).Should().Equal(_model.All());
            var from = _random.NextInt64(_model.End + 1);
            Consume(_log, from, FetchIsolation.ReadCommitted, _random.Next(1, 3000))
                .Should().Equal(_model.Committed(Producers).Where(record => long.Parse(record.Split(':')[0]) >= from));
        }

        private PartitionLog Open() => PartitionLog.Open(_storage, "t", _config);
    }
}
