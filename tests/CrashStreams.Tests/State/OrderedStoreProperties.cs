using CrashStreams.Log;
using CrashStreams.Stores;
using CrashStreams.Time;
using FsCheck;
using FsCheck.Fluent;

namespace CrashStreams.Tests.State;

/// <summary>
/// Any history of changes, scans, commits, evictions and crashes leaves an ordered store with what a sorted dictionary holds, its changelog with the
/// same, and its engine too. <see cref="Check"/> is given what opens the engine of a history, or null for a store without one.
/// </summary>
internal static class OrderedStoreProperties
{
    internal enum Kind
    {
        Put,
        Delete,
        Forget,
        Get,
        Scan,
        ScanAndChange,
        Commit,
        Evict,
        Crash,
        Reopen,
    }

    internal sealed record Step(Kind Kind, byte[] First, byte[] Second, bool Flag)
    {
        public override string ToString() => $"{Kind} {Convert.ToHexString(First)} {Convert.ToHexString(Second)} {Flag}";
    }

    public static void Check(Func<int, IStateEngine>? open, Action<IStateEngine>? crash, int histories)
    {
        var number = 0;
        var key = Gen.Choose(0, 3).SelectMany(length => Gen.Elements<byte>(0, 1, 0x7f, 0xff).ArrayOf(length));
        var step =
            from kind in Gen.Frequency(
                (20, Gen.Constant(Kind.Put)), (10, Gen.Constant(Kind.Delete)), (1, Gen.Constant(Kind.Forget)), (6, Gen.Constant(Kind.Get)), (8, Gen.Constant(Kind.Scan)),
                (4, Gen.Constant(Kind.ScanAndChange)), (6, Gen.Constant(Kind.Commit)), (3, Gen.Constant(Kind.Evict)), (1, Gen.Constant(Kind.Crash)), (1, Gen.Constant(Kind.Reopen)))
            from first in key
            from second in key
            from flag in Gen.Elements(true, false)
            select new Step(kind, first, second, flag);
        Prop.ForAll(step.ListOf().ToArbitrary(), steps =>
        {
            new History(open is null ? null : () => open(number), crash).Run(steps);
            number++;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(histories).WithEndSize(200));
    }

    private sealed class History : IChangelogWriter
    {
        private readonly Func<IStateEngine>? _open;
        private readonly Action<IStateEngine>? _crash;
        private readonly List<(byte[] Key, byte[]? Value, long Timestamp)> _changelog = [];
        private SortedDictionary<byte[], byte[]> _model = New();
        private SortedDictionary<byte[], byte[]> _committed = New();

        // What was forgotten is gone from the store and stays in the changelog, until a restore forgets it again.
        private readonly List<(byte[] From, byte[] To)> _forgotten = [];
        private IStateEngine? _engine;
        private OrderedStore _store = null!;
        private int _logged;
        private long _now;

        public History(Func<IStateEngine>? open, Action<IStateEngine>? crash)
        {
            (_open, _crash) = (open, crash);
            Start();
        }

        public void Run(IEnumerable<Step> steps)
        {
            foreach (var step in steps)
                Do(step);
            Commit();
            Compare(_store.Scan([], []), _model);
            Reopen();
            Compare(_store.Scan([], []), _model);
            Compare(_store.Scan([], [], reversed: true), _model.Reverse());
            _store.Engine?.Dispose();
        }

        public bool Append(IStateStore store, in LogRecord record)
        {
            _changelog.Add((record.Key.ToArray(), record.HasValue ? record.Value.ToArray() : null, record.Timestamp));
            return true;
        }

        public void Refuse(IStateStore store, Exception exception) => throw exception;

        private void Do(Step step)
        {
            _now++;
            switch (step.Kind)
            {
                case Kind.Put:
                    _store.Put(step.First, step.Second, _now, isNew: step.Flag && !_model.ContainsKey(step.First) && !IsForgotten(step.First));
                    _model[step.First] = step.Second;
                    break;
                case Kind.Delete:
                    _store.Delete(step.First, _now);
                    _model.Remove(step.First);
                    break;
                case Kind.Forget:
                    _store.Forget(step.First, step.Second, logsChanges: step.Flag);
                    _forgotten.Add((step.First, step.Second));
                    foreach (var key in _model.Keys.Where(k => IsForgotten(k, step.First, step.Second)).ToList())
                        _model.Remove(key);
                    break;
                case Kind.Get:
                    _store.TryGet(step.First, out var value).Should().Be(_model.TryGetValue(step.First, out var expected));
                    value.SequenceEqual(expected).Should().BeTrue();
                    break;
                case Kind.Scan when step.Flag:
                    Compare(_store.Scan(step.First, step.Second), Between(step.First, step.Second));
                    Compare(_store.Prefix(step.First, reversed: true), _model.Where(e => e.Key.AsSpan().StartsWith(step.First)).Reverse());
                    break;
                case Kind.Scan:
                    Compare(_store.Scan(step.First, step.Second, reversed: true), Between(step.First, step.Second).Reverse());
                    Compare(_store.Prefix(step.First), _model.Where(e => e.Key.AsSpan().StartsWith(step.First)));
                    break;
                case Kind.ScanAndChange:
                    ScanAndChange(step);
                    break;
                case Kind.Commit:
                    Commit();
                    break;
                case Kind.Evict:
                    _store.Evict(step.Flag ? 0 : 400);
                    break;
                case Kind.Crash:
                    if (_engine is { } engine)
                        _crash!(engine);
                    _model = Copy(_committed);
                    Start();
                    break;
                case Kind.Reopen:
                    Commit();
                    Reopen();
                    break;
            }
        }

        // Each entry is removed when the cursor is on it, and one is set ahead and one behind: those ahead are met.
        private void ScanAndChange(Step step)
        {
            using var cursor = _store.Scan([], [], step.Flag);
            var expected = step.Flag ? _model.Keys.LastOrDefault() : _model.Keys.FirstOrDefault();
            for (var seen = 0; seen < 8 && expected is not null; seen++)
            {
                cursor.MoveNext().Should().BeTrue();
                cursor.Key.SequenceEqual(expected).Should().BeTrue();
                cursor.Value.SequenceEqual(_model[expected]).Should().BeTrue();
                if (seen % 2 == 0)
                {
                    _store.Delete(cursor.Key, _now);
                    _model.Remove(expected);
                }

                var set = seen % 3 == 0 ? step.First : step.Second;
                _store.Put(set, [(byte)seen], _now);
                _model[set] = [(byte)seen];
                if (seen == 2)
                    Commit();
                if (seen == 3)
                    _store.Evict(0);
                expected = step.Flag ? _model.Keys.LastOrDefault(k => Compare(k, expected) < 0) : _model.Keys.FirstOrDefault(k => Compare(k, expected) > 0);
            }

            if (expected is null)
                cursor.MoveNext().Should().BeFalse();
        }

        private void Commit()
        {
            var before = _changelog.Count;
            _store.Flush(this);
            _changelog.Skip(before).Select(e => e.Key).Should().BeInAscendingOrder(Comparer<byte[]>.Create(Compare));
            _store.Engine?.Write(_changelog.Count, 0);
            _logged = _changelog.Count;
            _committed = Copy(_model);
        }

        // What the changelog and the engine hold is all that is left. What was logged without being committed is not.
        private void Start()
        {
            _changelog.RemoveRange(_logged, _changelog.Count - _logged);
            _store = new("s", "test", new KeyValueFormat(), new("changelog", new TaskClock(StreamTime.Watermarks, TimeProvider.System)));
            var from = 0L;
            if (_open is not null)
            {
                _engine = _open();
                _store.Attach(new(_engine, "s", "test"));
                // A crash may have taken batches that had not reached the disk.
                from = Math.Max(0, _engine.Position);
            }

            foreach (var (key, value, timestamp) in _changelog.Skip((int)from))
                _store.Restore(new LogRecord { Key = key, HasKey = true, Value = value, HasValue = value is not null, Timestamp = timestamp });
            _store.Engine?.Write(_changelog.Count, 0);
            _store.Restored();
            // Owners of stores that expire do so at their start; here the ranges are empty of what is to be there.
            foreach (var (first, second) in _forgotten)
            {
                foreach (var key in Keys().Where(k => IsForgotten(k, first, second) && !_committed.ContainsKey(k)).ToList())
                    _store.Forget(key, [.. key, 0], logsChanges: false);
            }
        }

        private void Reopen()
        {
            _store.Engine?.Flush();
            _store.Engine?.Dispose();
            Start();
        }

        private List<byte[]> Keys()
        {
            var keys = new List<byte[]>();
            using var cursor = _store.Scan([], []);
            while (cursor.MoveNext())
                keys.Add(cursor.Key.ToArray());
            return keys;
        }

        private bool IsForgotten(byte[] key) => _forgotten.Exists(f => IsForgotten(key, f.From, f.To));

        private static bool IsForgotten(byte[] key, byte[] from, byte[] to) => to.Length > 0 && IsIn(key, from, to);

        private IEnumerable<KeyValuePair<byte[], byte[]>> Between(byte[] from, byte[] to) => _model.Where(e => IsIn(e.Key, from, to));

        private static bool IsIn(byte[] key, byte[] from, byte[] to) => Compare(key, from) >= 0 && (to.Length == 0 || Compare(key, to) < 0);

        private static void Compare(OrderedCursor cursor, IEnumerable<KeyValuePair<byte[], byte[]>> expected)
        {
            using (cursor)
            {
                foreach (var (key, value) in expected)
                {
                    cursor.MoveNext().Should().BeTrue();
                    cursor.Key.SequenceEqual(key).Should().BeTrue();
                    cursor.Value.SequenceEqual(value).Should().BeTrue();
                }

                cursor.MoveNext().Should().BeFalse();
                cursor.MoveNext().Should().BeFalse();
            }
        }

        private static int Compare(byte[] x, byte[] y) => x.AsSpan().SequenceCompareTo(y);

        private static SortedDictionary<byte[], byte[]> New() => new(Comparer<byte[]>.Create(Compare));

        private static SortedDictionary<byte[], byte[]> Copy(SortedDictionary<byte[], byte[]> source) => new(source, source.Comparer);
    }
}
