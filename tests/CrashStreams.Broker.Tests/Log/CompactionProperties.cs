using CrashStreams.Broker.Log;
using CrashStreams.Broker.Storage;
using CrashStreams.Protocol.Records;
using FsCheck;
using FsCheck.Fluent;
using static CrashStreams.Broker.Tests.Log.TestBatch;

namespace CrashStreams.Broker.Tests.Log;

/// <summary>
/// Random transactions, tombstones and retries with compactions, crashes and power cuts between: the latest value of each key stays
/// readable at its offset, nothing aborted or superseded is ever put back.
/// </summary>
public class CompactionProperties
{
    private const int Keys = 6;

    [Fact]
    public void The_latest_committed_value_per_key_is_kept_and_offsets_never_change() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Rounds.OfModel), Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => new Run(seed).Go()));

    private sealed class Run
    {
        private readonly Random _random;
        private readonly MemoryStorage _storage = new();
        private readonly LogConfig _config;
        private readonly Dictionary<long, string> _everCommitted = [];
        private readonly Dictionary<string, (long Offset, string Record)> _latest = [];
        private readonly Dictionary<long, List<(long Offset, string Record)>> _open = [];
        private readonly int[] _sequences = new int[3];
        private PartitionLog _log;
        private long _now = Now;

        public Run(int seed)
        {
            _random = new Random(seed);
            _config = new LogConfig
            {
                Compact = true,
                Delete = false,
                SegmentBytes = _random.Next(200, 1500),
                IndexIntervalBytes = _random.Next(1, 300),
                CheckpointBytes = _random.Next(100, 1500),
                MinCleanableDirtyRatio = 0,
                DeleteRetentionMs = 500,
                Flush = FlushPolicy.Always,
            };
            _log = Open();
        }

        public void Go()
        {
            for (var step = 0; step < 120; step++)
                Do(_random.Next(100));
            foreach (var producer in _open.Keys.ToList())
                Decide(producer);
            Compact();
            Expect();
        }

        private void Do(int dice)
        {
            _now += _random.Next(100);
            if (dice < 60)
                Append(_random.Next(3));
            else if (dice < 75 && _open.Count > 0)
                Decide(_open.Keys.ElementAt(_random.Next(_open.Count)));
            else if (dice < 85)
                Compact();
            else if (dice < 90)
                Restart(powerCut: false);
            else if (dice < 94)
                Restart(powerCut: true);
            else
                Expect();
        }

        /// <summary>Producer 0 has no transactions, 1 and 2 have.</summary>
        private void Append(int producer)
        {
            var records = Enumerable.Range(0, _random.Next(1, 4))
                .Select(_ => $"k{_random.Next(Keys)}" + (_random.Next(5) == 0 ? "" : $"={_random.Next(1000)}")).ToArray();
            var header = Producer(producer, 0, _sequences[producer], transactional: producer > 0);
            header.Codec = (CompressionCodec)_random.Next(5);
            var answer = _log.Append(At(header, _now, records), new AppendOptions { NowMs = _now });
            answer.Error.Should().Be(CrashStreams.Protocol.ErrorCode.None);
            _sequences[producer] += records.Length;
            var appended = records.Select((record, i) => (answer.BaseOffset + i, record)).ToList();
            if (producer == 0)
                Commit(appended);
            else if (_open.TryGetValue(producer, out var open))
                open.AddRange(appended);
            else
                _open[producer] = appended;
        }

        private void Decide(long producer)
        {
            _open.Remove(producer, out var records);
            var commit = _random.Next(2) == 0;
            _log.AppendMarker(producer, 0, commit, 0, _now);
            if (commit)
                Commit(records!);
        }

        private void Commit(List<(long Offset, string Record)> records)
        {
            foreach (var (offset, record) in records)
            {
                var key = record.Split('=')[0];
                _everCommitted[offset] = record;
                if (!_latest.TryGetValue(key, out var before) || before.Offset < offset)
                    _latest[key] = (offset, record);
            }
        }

        private void Compact()
        {
            if (_random.Next(3) > 0)
                _log.Roll();
            using var compaction = _log.BeginCompaction(_now);
            if (compaction is null)
                return;
            while (compaction.Step())
            {
            }
            if (_random.Next(4) > 0)
                _log.CompleteCompaction(compaction);
        }

        private void Restart(bool powerCut)
        {
            var end = _log.EndOffset;
            if (powerCut)
                _storage.CutPower(_random);
            else
                _storage.KillProcess();
            if (_random.Next(4) == 0)
                _storage.Delete("t/checkpoint");
            _log = Open();
            _log.EndOffset.Should().Be(end);
            Expect();
        }

        private void Expect()
        {
            var seen = Consume(_log, isolation: FetchIsolation.ReadCommitted, maxBytes: _random.Next(1, 2000))
                .ToDictionary(shown => long.Parse(shown.Split(':')[0]), shown => shown.Split(':')[1]);
            foreach (var (offset, record) in seen)
                _everCommitted.Should().Contain(offset, record);
            var stable = _log.LastStableOffset;
            foreach (var (key, (offset, record)) in _latest)
            {
                if (offset >= stable)
                    continue;
                if (record.Contains('='))
                    seen.Should().Contain(offset, record);
                else if (!seen.ContainsKey(offset))
                    seen.Values.Should().NotContain(shown => shown.StartsWith(key + "="), "a tombstone goes only after what it deletes");
            }
        }

        private PartitionLog Open() => PartitionLog.Open(_storage, "t", _config);
    }
}
